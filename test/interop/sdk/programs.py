"""Wraps our executables in the Meltano SDK's Tap and Target classes, so that its stock test suites run unmodified."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import typing as t

from singer_sdk import Stream, Tap, Target
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException
from singer_sdk.sinks import RecordSink

BIN = os.environ["INTEROP_BIN"]


def run(program: str, args: list[str], stdin: str | None = None) -> subprocess.CompletedProcess:
    """Runs one of our programs until it exits. Raises with its stderr when it fails."""
    done = subprocess.run(
        [os.path.join(BIN, program), *args],
        input=stdin,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    if done.returncode != 0:
        message = f"{program} ended with {done.returncode}: {done.stderr}"
        if "no SCHEMA came before" in message:
            raise RecordsWithoutSchemaException(message)
        if "is missing or null" in message:
            raise MissingKeyPropertiesError(message)
        raise RuntimeError(message)
    return done


def config_file(config: t.Mapping[str, t.Any]) -> str:
    """Writes the settings to a file and returns its path. The check deletes the folder."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(dict(config), file)
        return file.name


def settings_of(program: str) -> dict:
    """The JSON Schema of the settings, from the program's `--about`."""
    return json.loads(run(program, ["--about", "--format", "json"]).stdout)["settings"]


def print_about_of(program: str, output_format: t.Any = None) -> None:
    """Prints the program's `--about`."""
    name = getattr(output_format, "value", output_format) or "text"
    print(run(program, ["--about", "--format", name]).stdout)


class CatalogStream(Stream):
    """A stream as the discovered catalog describes it. Its records come from the executable."""

    def __init__(self, tap: Tap, entry: dict) -> None:
        self.name = entry["tap_stream_id"]
        super().__init__(tap, schema=entry["schema"], name=self.name)
        self.primary_keys = entry["key_properties"]

    def get_records(self, context: t.Any) -> t.Iterable[dict]:
        raise NotImplementedError


class CustomerioTap(Tap):
    """tap-customerio."""

    name = "tap-customerio"
    config_jsonschema: t.ClassVar[dict] = settings_of("tap-customerio")

    def discover_streams(self) -> list[Stream]:
        catalog = json.loads(run(self.name, ["--discover"]).stdout)
        return [CatalogStream(self, entry) for entry in catalog["streams"]]

    def run_discovery(self) -> str:
        return run(self.name, ["--discover"]).stdout

    def run_connection_test(self) -> bool:
        run(self.name, ["--config", config_file(self.config), "--test"])
        return True

    def run_sync_dry_run(self, *_args: t.Any, **_kwargs: t.Any) -> bool:
        print(run(self.name, ["--config", config_file(self.config)]).stdout, end="")
        return True

    @classmethod
    def print_version(cls, *_args: t.Any, **_kwargs: t.Any) -> None:
        print(run(cls.name, ["--version"]).stdout)

    @classmethod
    def print_about(cls, output_format: t.Any = None) -> None:
        print_about_of(cls.name, output_format)


class WarehouseTarget(Target):
    """target-warehouse."""

    name = "target-warehouse"
    config_jsonschema: t.ClassVar[dict] = settings_of("target-warehouse")
    default_sink_class = RecordSink
    _input = ""

    def process_lines(self, file_input: t.IO[str]) -> None:
        self._input += file_input.read()

    def process_endofpipe(self) -> None:
        args = ["--config", config_file(self.config)]
        print(run(self.name, args, self._input).stdout, end="")

    @classmethod
    def print_version(cls, *_args: t.Any, **_kwargs: t.Any) -> None:
        print(run(cls.name, ["--version"]).stdout)

    @classmethod
    def print_about(cls, output_format: t.Any = None) -> None:
        print_about_of(cls.name, output_format)
