//! Long work.

use crate::error::CommandError;
use crate::observer::Watch;

/// Does long work, shows how far it is, and ends it when a signal asks for that.
pub(crate) fn watched<T, E: Into<CommandError>>(
    work: impl FnOnce(&Watch) -> Result<T, E>,
) -> Result<T, CommandError> {
    let watch = Watch::new().map_err(CommandError::Signals)?;
    let result = work(&watch);
    watch.finish();
    result.map_err(|error| error.into().or_signalled(&watch))
}
