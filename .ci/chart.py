"""Looks at the Helm chart: .ci/chart.py BINARY. Called by .ci/chart, which says what is done."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import helm_python as helm
import jsonschema
import kubernetes_validate
import yaml

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

KUBERNETES = "1.37.0"
CHART = pathlib.Path("charts/project-sync")
DEFAULTS = pathlib.Path("cli/project-sync.default.toml")
SECRETS = "/etc/project-sync/secrets"
# What the chart decides: addresses, secrets and folders of the containers.
OWN_SECTIONS = {"secrets"}
OWN_KEYS = {
    "database": {"url", "url_file", "migrator_url", "migrator_url_file"},
    "queue": {"redis_url", "redis_url_file"},
    "relay": {"amqp_url", "amqp_url_file"},
    "api": {"listen", "token", "token_file", "ticket_key", "ticket_key_file"},
    "gateway": {"listen"},
    "telemetry": {"metrics_listen"},
    "source": {"scratch"},
}
UPDATE = os.environ.get("UPDATE_CHART") == "1"
counts = {"objects": 0, "refused": 0, "settings": 0, "arguments": 0}


def fail(message):
    sys.exit(f"the chart: {message}")


# What is made from other files.

def fresh(path, text):
    """Writes a made file, or fails if it is not what it should be."""
    if path.exists() and path.read_text() == text:
        return
    if not UPDATE:
        fail(f"{path} is not fresh: UPDATE_CHART=1 .ci/chart makes it again")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def setting_schema(value, bounds):
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    if isinstance(value, list):
        return {"type": "array", "items": {"type": "string"}}
    schema = {"type": kinds[type(value)]}
    if schema["type"] in ("integer", "number"):
        least, most = re.fullmatch(r"(\d+) to (\d+)", bounds).groups()
        schema |= {"minimum": int(least), "maximum": int(most)}
    return schema


def settings_schema():
    """The schema of `config`: each setting with the type of its default or of its example, and the bounds behind it."""
    sections, section = {}, None
    text = re.sub(r"\[\n(?:.*\n)*?\]", lambda lists: lists[0].replace("\n", " "), DEFAULTS.read_text())
    for line in text.splitlines():
        if header := re.match(r"\[(\w+)\]$", line):
            section = header[1]
            sections[section] = {}
        elif given := re.match(r"(?:# )?((\w+) = .+)$", line):
            if given[2] not in OWN_KEYS.get(section, ()):
                value, bounds = tomllib.loads(given[1])[given[2]], given[1].partition(" # ")[2]
                sections[section][given[2]] = setting_schema(value, bounds)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"type": "object", "additionalProperties": False, "properties": keys}
            for name, keys in sections.items()
            if name not in OWN_SECTIONS
        },
    }


def value_rows(lines):
    """Name, default and meaning of each value, as values.yaml has them. A comment stands above what it is about."""
    path, comment = [], []
    for line in lines:
        if not line.strip():
            comment = []
        elif note := re.match(r" *# (.*)$", line):
            comment.append(note[1])
        else:
            indent, name, value = re.match(r"( *)(\w+):(?: (.*))?$", line).groups()
            path = path[: len(indent) // 2] + [name]
            if value is not None:
                yield ".".join(path), value, " ".join(comment)
            elif comment:
                yield ".".join(path), "", " ".join(comment)
            comment = []


def values_table():
    rows = ["| Value | Default | Meaning |", "| --- | --- | --- |"]
    for name, default, meaning in value_rows((CHART / "values.yaml").read_text().splitlines()[2:]):
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{name}` | {shown} | {meaning} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(rows)


def check_made_files():
    schema_file = CHART / "values.schema.json"
    schema = json.loads(schema_file.read_text())
    schema["properties"]["config"] = settings_schema()
    fresh(schema_file, json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    readme = (CHART / "README.md").read_text()
    begin, end = "<!-- values -->\n", "\n<!-- end of values -->"
    before, rest = readme.split(begin)
    fresh(CHART / "README.md", before + begin + values_table() + end + rest.split(end)[1])
    version = re.search(r'^version = "(.+)"', pathlib.Path("Cargo.toml").read_text(), re.M)[1]
    metadata = yaml.safe_load((CHART / "Chart.yaml").read_text())
    if metadata["appVersion"] != version:
        fail(f"appVersion is {metadata['appVersion']}, the program's version {version}")
    copies = {
        "files/rules": sorted(pathlib.Path("monitoring/prometheus/rules").glob("*.yaml")),
        "files/dashboards": sorted(pathlib.Path("monitoring/grafana").glob("*.json")),
    }
    for folder, sources in copies.items():
        for source in sources:
            fresh(CHART / folder / source.name, source.read_text())
        for copy in (CHART / folder).glob("*"):
            if copy.name not in {source.name for source in sources}:
                fail(f"{copy} is of nothing in monitoring/")
    return schema


def check_closed(schema, path="values"):
    """That every object in the schema says what it may hold."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            fail(f"the schema lets unknown keys of {path} pass")
        for key, part in schema.items():
            check_closed(part, f"{path}.{key}")
    elif isinstance(schema, list):
        for part in schema:
            check_closed(part, path)


# What is rendered.

def own_schemas():
    schemas = {}
    for path in pathlib.Path(".ci/schemas").glob("*.json"):
        schema = json.loads(path.read_text())
        schemas[schema["properties"]["apiVersion"]["const"], schema["title"]] = [schema]
    if folder := os.environ.get("PROJECT_SYNC_CRDS"):
        for path in pathlib.Path(folder).glob("*.yaml"):
            spec = yaml.safe_load(path.read_text())["spec"]
            for version in spec["versions"]:
                kind = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                if kind in schemas:
                    schemas[kind].append(closed(version["schema"]["openAPIV3Schema"]))
    return schemas


def closed(schema):
    """A definition's schema under which unknown keys are refused, as by a cluster."""
    if isinstance(schema, dict):
        schema = {key: closed(part) for key, part in schema.items()}
        # Go's expressions may change their mind on case in the middle.
        if "(?i)" in str(schema.get("pattern")):
            del schema["pattern"]
        if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
            has_more = schema["properties"].keys() <= {"apiVersion", "kind", "metadata"} or "additionalProperties" in schema
            if not has_more:
                schema["additionalProperties"] = False
        return schema
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


def check_object(document, schemas):
    counts["objects"] += 1
    kind = document["apiVersion"], document["kind"]
    if kind in schemas:
        for schema in schemas[kind]:
            metadata = document["metadata"] if schema.get("title") else {}
            jsonschema.validate({**document, "metadata": metadata}, schema)
    else:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def pods(documents):
    for document in documents:
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document["spec"]
        elif document["kind"] in ("Deployment", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def check_pod(name, spec):
    """What the restricted pod security standard asks for, and some more."""
    security = spec["securityContext"]
    assert security["runAsNonRoot"] and security["runAsUser"] and security["seccompProfile"]["type"] == "RuntimeDefault", name
    assert spec["automountServiceAccountToken"] is False and not spec.get("hostNetwork"), name
    mounts = {volume["name"] for volume in spec.get("volumes", [])}
    for container in spec["containers"]:
        inner = container["securityContext"]
        assert inner["readOnlyRootFilesystem"] and not inner["allowPrivilegeEscalation"], name
        assert inner["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["limits"]["memory"] and container["resources"]["requests"], name
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= mounts, name


def check_arguments(spec, binary):
    """That the program understands the arguments: it prints the help of the command that they name."""
    for container in spec["containers"]:
        counts["arguments"] += 1
        command = [binary, *container["args"], "--help"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def check_settings(documents, binary):
    """That the program takes the settings, with the secrets where they are mounted."""
    for document in documents:
        text = (document.get("data") or {}).get("project-sync.toml") if document["kind"] == "ConfigMap" else None
        if text is None:
            continue
        counts["settings"] += 1
        with tempfile.TemporaryDirectory() as folder:
            workers = [spec for name, spec in pods(documents) if name.endswith("-worker")]
            volume = next(volume for volume in workers[0]["volumes"] if volume["name"] == "secrets")
            for source in volume["projected"]["sources"]:
                for item in source["secret"]["items"]:
                    (pathlib.Path(folder) / item["path"]).write_text("0" * 64)
            for name, url in (("database-url", "postgres://service@host/name"), ("amqp-url", "amqp://service@host")):
                (pathlib.Path(folder) / name).write_text(url)
            file = pathlib.Path(folder) / "project-sync.toml"
            file.write_text(text.replace(SECRETS, folder))
            subprocess.run([binary, "--config", str(file), "config", "--check"], check=True)


def check_references(documents):
    """That what is named is there: the targets of routes, scalers and budgets."""
    names = {(document["kind"], document["metadata"]["name"]) for document in documents}
    assert len(names) == len(documents), "two objects have one name"
    services = {name for kind, name in names if kind == "Service"}
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] in ("HorizontalPodAutoscaler", "ScaledObject"):
            assert ("Deployment", spec["scaleTargetRef"]["name"]) in names, document
        if document["kind"] == "HTTPRoute":
            for rule in spec["rules"]:
                assert rule["backendRefs"][0]["name"] in services, document
        if document["kind"] == "Ingress":
            for rule in spec["rules"]:
                for path in rule["http"]["paths"]:
                    assert path["backend"]["service"]["name"] in services, document


def check_grace(documents, chart, values):
    """That nobody is killed while it still does what its settings allow it to."""
    config = chart.merge_values(values)["config"]
    worker = config.get("worker", {}).get("drain_seconds", 25)
    for name, spec in pods(documents):
        if name.endswith("-worker"):
            assert spec["terminationGracePeriodSeconds"] > worker, name
        if name.endswith("-gateway"):
            assert spec["terminationGracePeriodSeconds"] > config.get("gateway", {}).get("drain_seconds", 5) + 5, name


def rendered(chart, values):
    files = chart.render(values, name="demo", namespace="sync")
    documents = []
    for name, text in files.items():
        if not name.endswith("NOTES.txt"):
            documents += [document for document in yaml.safe_load_all(text) if document]
    return documents


def check_values(chart, path, schemas, binary):
    values = yaml.safe_load(path.read_text())
    report = helm.lint(CHART, values, strict=True)
    if bad := [message for message in report["messages"] if message["severity"] >= 2]:
        fail(f"{path.name}: {bad}")
    documents = rendered(chart, values)
    try:
        for document in documents:
            check_object(document, schemas)
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
        fail(f"{path.name}: {document['kind']} {document['metadata']['name']}: {error.message}: {list(error.path)}")
    for name, spec in pods(documents):
        check_pod(name, spec)
        check_arguments(spec, binary)
    check_settings(documents, binary)
    check_references(documents)
    check_grace(documents, chart, values)
    return documents


# What must be refused: what is changed in the least that must be said, and a word of the refusal.

REFUSED = [
    ({"replicas": 3}, "replicas"),
    ({"api": {"replica": 3}}, "replica"),
    ({"config": {"worker": {"concurency": 3}}}, "concurency"),
    ({"config": {"wroker": {}}}, "wroker"),
    ({"config": {"database": {"url": "postgres://u:p@h/d"}}}, "url"),
    ({"config": {"secrets": {"keys": "x"}}}, "secrets"),
    ({"config": {"worker": {"concurrency": "four"}}}, "concurrency"),
    ({"config": {"worker": {"concurrency": 0}}}, "concurrency"),
    ({"config": {"triggers": {"max_looks": 1000}}}, "max_looks"),
    ({"api": {"replicas": "three"}}, "replicas"),
    ({"image": {"digest": "sha256:short"}}, "digest"),
    ({"worker": {"tolerations": [{"kye": "x"}]}}, "kye"),
    ({"worker": {"extraEnv": [{"name": "A", "valueForm": {}}]}}, "valueForm"),
    ({"worker": {"autoscaling": {"keda": {"enabled": True, "minReplicas": 0}}}}, "minReplicas"),
    ({"worker": {"autoscaling": {"hpa": {"enabled": True}, "keda": {"enabled": True, "prometheusAddress": "http://p"}}}}, "both enabled"),
    ({"worker": {"autoscaling": {"keda": {"enabled": True}}}}, "prometheusAddress"),
    ({"worker": {"autoscaling": {"hpa": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}}}, "maxReplicas"),
    ({"worker": {"terminationGracePeriodSeconds": 25}}, "worker.terminationGracePeriodSeconds"),
    ({"worker": {"terminationGracePeriodSeconds": 60}, "config": {"worker": {"drain_seconds": 120}}}, "worker.terminationGracePeriodSeconds"),
    ({"gateway": {"terminationGracePeriodSeconds": 10}}, "gateway.terminationGracePeriodSeconds"),
    ({"api": {"terminationGracePeriodSeconds": 35}}, "api.terminationGracePeriodSeconds"),
    ({"database": {"existingSecret": ""}}, "database.existingSecret"),
    ({"redis": {"existingSecret": ""}}, "redis.existingSecret"),
    ({"migrations": {"existingSecret": ""}}, "migrations.existingSecret"),
    ({"database": {"existingSecret": "Not A Name"}}, "existingSecret"),
    ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs"),
    ({"ingress": {"enabled": True}}, "ingress.hosts"),
    ({"monitoring": {"monitors": {"enabled": True}}}, "needs a token"),
]


def merged(one, other):
    both = dict(one)
    for key, value in other.items():
        both[key] = merged(one.get(key, {}), value) if isinstance(value, dict) else value
    return both


def check_refused(chart):
    least = yaml.safe_load((CHART / "ci/minimal.yaml").read_text())
    for change, words in REFUSED:
        try:
            chart.validate_schema(merged(least, change))
            rendered(chart, merged(least, change))
        except helm.HelmError as error:
            if words not in str(error):
                fail(f"{change} is refused for another reason: {error}")
            counts["refused"] += 1
        else:
            fail(f"{change} is not refused")


def check_checks(documents, schemas):
    """That objects with mistakes are found: a check that finds nothing is none."""
    for document in documents:
        if document["kind"] in ("Deployment", "ScaledObject", "ServiceMonitor", "PodMonitor", "HTTPRoute", "PrometheusRule"):
            document = json.loads(json.dumps(document))
            document["spec"]["sellector"] = {}
            try:
                check_object(document, schemas)
            except (jsonschema.ValidationError, kubernetes_validate.ValidationError):
                counts["refused"] += 1
            else:
                fail(f"an unknown key in a {document['kind']} is not found")


def check_changes_reach_pods(chart):
    """That other settings make other pods."""
    least = yaml.safe_load((CHART / "ci/minimal.yaml").read_text())
    sums = set()
    for values in (least, merged(least, {"config": {"worker": {"concurrency": 9}}})):
        for document in rendered(chart, values):
            if document["kind"] == "Deployment":
                sums.add(document["spec"]["template"]["metadata"]["annotations"]["checksum/config"])
    assert len(sums) == 2, sums


def main():
    binary = sys.argv[1]
    for program_variable in [name for name in os.environ if name.startswith("PROJECT_SYNC_") and name != "PROJECT_SYNC_CRDS"]:
        del os.environ[program_variable]
    check_closed(check_made_files())
    schemas = own_schemas()
    files = sorted((CHART / "ci").glob("*.yaml"))
    with helm.Chart.load(CHART) as chart:
        documents = [document for path in files for document in check_values(chart, path, schemas, binary)]
        kinds = {(document["apiVersion"], document["kind"]) for document in documents}
        if missing := schemas.keys() - kinds:
            fail(f"no values file renders {sorted(missing)}")
        check_refused(chart)
        check_checks(documents, schemas)
        check_changes_reach_pods(chart)
        with tempfile.TemporaryDirectory() as folder:
            archive = chart.save(folder)
            with helm.Chart.load(archive) as packed:
                packed.render(yaml.safe_load(files[0].read_text()), name="demo")
    print(f"the chart: {len(files)} values files, {counts}")


main()
