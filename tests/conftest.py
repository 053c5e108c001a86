"""For every suite: properties are judged by what they show, not by how fast a shared machine shows it."""

import hypothesis

hypothesis.settings.register_profile("no clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("no clock")
