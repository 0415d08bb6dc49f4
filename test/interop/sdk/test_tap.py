"""The Meltano SDK's stock tap suite, against a sandbox workspace."""

import os

from programs import CustomerioTap
from singer_sdk.testing import get_tap_test_class

CONFIG = {
    "app_api_key": os.environ["INTEROP_API_KEY"],
    "api_url": os.environ["INTEROP_API_URL"],
    "requests_per_second": 500,
}

TestTap = get_tap_test_class(CustomerioTap, config=CONFIG)
