"""The Meltano SDK's stock target suite. What it does not assert, `test/conformance` does."""

import os

from programs import WarehouseTarget
from singer_sdk.testing import get_target_test_class

CONFIG = {"warehouse_url": os.environ["INTEROP_WAREHOUSE_URL"]}

TestTarget = get_target_test_class(WarehouseTarget, config=CONFIG)
