//! Echo: every message comes back, with its type.

use fanfare::Route;

pub(super) fn route() -> Route {
    Route::new().on_message(|ctx, message| ctx.send(message))
}
