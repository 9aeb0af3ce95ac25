# The workbench as one image: compose.yaml starts its processes apart, alone it runs all of them (`workbench run`).
#     docker build --tag analyst-workbench .
#     docker build --tag analyst-workbench:gpu --build-arg DEVICE=gpu .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
# cpu: torch as its makers build it without CUDA. gpu: torch as the registry serves it, with CUDA's libraries.
ARG DEVICE=cpu
ARG EXTRAS=chroma,cluster,postgres,traces
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/workbench
ENV PATH=/opt/workbench/bin:$PATH
WORKDIR /workbench
# Dependencies first: they change less often than the code, and a layer that is kept need not be installed again.
COPY requirements.txt requirements-dev.txt pyproject.toml ./
RUN grep --invert-match '^-r' requirements-dev.txt > pins.txt && \
    python -c "import sys, tomllib; known = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; \
print(*(line for name in sys.argv[1].split(',') if name for line in known[name]), sep='\n')" "$EXTRAS" > extras.txt
RUN if [ "$DEVICE" = cpu ]; then \
        grep --extended-regexp '^torch(vision)?==' requirements.txt > torch.txt && \
        python -m pip install --no-deps --index-url https://download.pytorch.org/whl/cpu -r torch.txt; \
    fi
RUN python -m pip install -r requirements.txt -r extras.txt -c pins.txt
COPY README.md ./
COPY core core
COPY app app
COPY pages pages
COPY notebooks notebooks
RUN python -m pip install --no-deps --no-build-isolation -e .
# Whoever runs it may not write beside the code, so what Python would keep there is made now.
RUN python -m compileall -q core app pages

FROM ${BASE}
LABEL org.opencontainers.image.title="Analyst Workbench" \
      org.opencontainers.image.description="Notebooks, pages and an API for analysts over one core" \
      org.opencontainers.image.version="0.1.0"
# tini ends what a process leaves behind; Tesseract reads scanned pages.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends tesseract-ocr tesseract-ocr-kor tini && \
    rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 workbench && useradd --uid 10001 --gid 10001 --create-home workbench && \
    install --directory --owner=10001 --group=10001 /var/lib/workbench
COPY --from=build /opt/workbench /opt/workbench
COPY --from=build /workbench /workbench
ENV PATH=/opt/workbench/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    FORWARDED_ALLOW_IPS="" \
    WORKBENCH_HOME=/var/lib/workbench \
    WORKBENCH_API_HOST=0.0.0.0 \
    WORKBENCH_UI_HOST=0.0.0.0
WORKDIR /workbench
USER 10001:10001
VOLUME /var/lib/workbench
EXPOSE 8000 8501
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --retries=4 \
    CMD ["python", "-m", "core.telemetry.probe", "http://127.0.0.1:8000/livez"]
ENTRYPOINT ["tini", "--"]
CMD ["workbench", "run"]
