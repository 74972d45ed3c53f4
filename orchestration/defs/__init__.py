"""Assets, checks and what runs when; each module's definitions are loaded by orchestration/definitions.py."""

import warnings

import dagster as dg

# a backfill policy is in beta, and said to be so at every load
warnings.filterwarnings("ignore", category=dg.BetaWarning)
