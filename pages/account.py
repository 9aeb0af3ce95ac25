"""My account: who is signed in, the password, signing out everywhere; in local open mode the way to sign in."""

from app.ui import account_views, notices, sign_in, theme, visitor

caller = visitor.current().caller
theme.draw_heading("account.title", "account.lead")
if caller is None:
    with notices.empty("account.nobody", "account.nobody_hint", icon=":material/account_circle:"):
        sign_in.draw_form()
else:
    account_views.draw(caller)
