"""From a run's folder to figures: measures, intervals, comparisons and baselines; numpy only."""
