"""Report profiles: the options of `crm-metrics report` under a name in the settings, used as `crm-metrics report @NAME`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_metrics.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_metrics.settings import Profile, Settings


def chosen(paths: list[str] | None, settings: Settings) -> tuple[list[str], Profile]:
    """The paths of the command without the profile's name, and the profile; an empty one where none is named. A file whose
    name begins with @ is given as ./@NAME. Raises `UsageError` for a profile that is not there, with the nearest name."""
    from crm_metrics.settings import Profile

    names = [path[1:] for path in paths or [] if path.startswith("@")]
    files = [path for path in paths or [] if not path.startswith("@")]
    if len(names) > 1:
        raise UsageError(f"a report has one profile, not {' and '.join('@' + name for name in names)}")
    if not names:
        return files, Profile()
    name = names[0]
    if name not in settings.profile:
        where = settings.file or "no settings file was found"
        raise UsageError(
            f"there is no profile {name!r} ({where}). {did_you_mean(name, settings.profile)}",
            hint=f"A profile is a block [profile.{name or 'weekly'}] in crm-metrics.toml, with period, by, metrics, ...",
        )
    return files, settings.profile[name]
