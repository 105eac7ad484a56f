"""From a build to the release that readers see, and back to an older one."""
