"""The KServe manifests have only fields that KServe's and Kubernetes' own types have, of the right types."""

import re

import kserve
import kubernetes.client
import yaml
from checks import check, equal, run

FOLDER = "services/standalone/kserve/"


def types(name: str):
    """The class of an OpenAPI type, from KServe's SDK or Kubernetes' client."""
    return getattr(kserve, name, None) or getattr(kubernetes.client, name)


def conform(value, kind: str, where: str) -> None:
    """Raises where a value does not fit the OpenAPI type."""
    if of := re.fullmatch(r"[Ll]ist\[(.*)\]", kind):
        equal(type(value), list, where)
        for i, item in enumerate(value):
            conform(item, of[1], f"{where}[{i}]")
    elif of := re.fullmatch(r"[Dd]ict[(\[]str, (.*)[)\]]", kind):
        equal(type(value), dict, where)
        for key, item in value.items():
            conform(item, of[1], f"{where}.{key}")
    elif kind in ("str", "int", "bool"):
        equal(type(value).__name__, kind, where)
    elif kind != "object":
        known = types(kind)
        fields = {wire: known.openapi_types[name] for name, wire in known.attribute_map.items()}
        for key, item in value.items():
            if key not in fields:
                raise AssertionError(f"{where}: {kind} has no field {key}")
            conform(item, fields[key], f"{where}.{key}")


def manifest(file: str, kind: str) -> None:
    with open(FOLDER + file, encoding="utf-8") as f:
        conform(yaml.safe_load(f), kind, file)


@check("kserve SDK: the runtime's fields are its types'")
def _() -> None:
    manifest("runtime.yaml", "V1alpha1ClusterServingRuntime")


@check("kserve SDK: the model's fields are its types'")
def _() -> None:
    manifest("housing.yaml", "V1beta1InferenceService")


@check("kserve SDK: a misspelt field is found")
def _() -> None:
    try:
        conform({"spec": {"containers": [{"readyProbe": {}}]}}, "V1alpha1ClusterServingRuntime", "it")
    except AssertionError as error:
        equal(str(error), "it.spec.containers[0]: V1Container has no field readyProbe")
        return
    raise AssertionError("it was not")


run()
