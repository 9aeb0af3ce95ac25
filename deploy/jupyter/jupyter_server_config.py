# JupyterLab as `workbench lab` starts it: for this machine alone, with a token, and asking nobody outside.
# Port and folder come from the settings (core/commands/lab.py).
c = get_config()  # noqa: F821

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port_retries = 0  # the port is a setting; another one would only be a surprise
c.ServerApp.quit_button = True

# The name in notebooks stays python3, so that they run wherever papermill finds that kernel; here it is ours.
c.KernelSpecManager.allowed_kernelspecs = {"python3"}

# Whoever saves a notebook that the catalogue refuses is told why at once. It is saved all the same: nothing is lost.
c.FileContentsManager.post_save_hook = "core.jobs.notebooks.lab.tell_refused"

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LanguageServerManager.autodetect = False
