"""What `flywheel demo` shows: invented traffic with a run worth approving and one that is not.

Owns the synthetic records alone; starting processes and runs belongs to the command.
"""

from app.demo.traffic import WORKLOADS, DemoTraffic, DemoWorkload, GoldLabel, generate_traffic

__all__ = ["WORKLOADS", "DemoTraffic", "DemoWorkload", "GoldLabel", "generate_traffic"]
