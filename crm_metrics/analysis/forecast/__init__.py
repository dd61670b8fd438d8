"""Forecasts: plain ones and, for deals, one from the open pipeline by this file's own history; each tested on the past."""
