"""Maps the top-level folders `spec/`, `verifiers/` and `gpu/` under the package `unlearn_spec`."""

from setuptools import find_packages, setup

ROOTS = {
    "unlearn_spec": "unlearn_spec",
    "unlearn_spec.spec": "spec",
    "unlearn_spec.verifiers": "verifiers",
    "unlearn_spec.gpu": "gpu",
    "unlearn_spec.rules.pages": "docs/rules",
}
LINKS = ("spec", "verifiers", "gpu")  # symlinks inside unlearn_spec/, for tools only (and rules/pages, which holds no code)

packages = [
    package
    for name, folder in ROOTS.items()
    for package in [name, *(f"{name}.{sub}" for sub in find_packages(folder))]
    if name != "unlearn_spec" or package.partition(".")[2].split(".")[0] not in LINKS
]

setup(packages=packages, package_dir=ROOTS)
