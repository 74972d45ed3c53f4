"""A domain's folder of YAML -> one frozen Pack, or PackError with every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from weir.case import Case, read_cases
from weir.contract import RESERVED, Contract, load_contract
from weir.enrichment import TYPE as ENRICHMENT_TYPE
from weir.enrichment import Enrichment, read_enrichments
from weir.feature import Feature, enums, read_features
from weir.located import Located, Mistake, PackError, closest, locate
from weir.meaning import digest
from weir.rule import Ruleset, read_ruleset
from weir.settings import settings

__all__ = ["Pack", "PackError", "domains", "load_pack", "pack_from_files", "with_rules"]

CONTRACT, FEATURES, REFERENCE, RULES, CASES = (
    "contract.yml",
    "features.yml",
    "reference.yml",
    "rules.yml",
    "cases.yml",
)
OPTIONAL_FILES = (FEATURES, REFERENCE)
FILES = (CONTRACT, FEATURES, REFERENCE, RULES, CASES)
HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Pack:
    """All that a domain is. `files`: file name -> text, from which the same pack can be read again."""

    contract: Contract
    features: tuple[Feature, ...]
    enrichments: tuple[Enrichment, ...]
    ruleset: Ruleset
    cases: tuple[Case, ...]
    files: Mapping[str, str]

    def __hash__(self) -> int:
        """So that what is built from a pack can be kept for it."""
        return hash(tuple(self.files.items()))

    @property
    def hash(self) -> str:
        """A hash of what decides: contract, enrichments, features, bands, rules; layout does not count."""
        return _hash(self)

    @property
    def columns(self) -> dict[str, str]:
        """What rules may read, in order: event, enrichment and feature columns -> Spark SQL type."""
        return _columns(self.contract, self.enrichments, self.features)

    @property
    def lists(self) -> list[str]:
        """The names of the reference lists that its enrichments look in, sorted."""
        return sorted({enrichment.list for enrichment in self.enrichments})


@lru_cache(maxsize=32)
def _hash(pack: Pack) -> str:
    ruleset = pack.ruleset
    parts = (pack.contract, pack.enrichments, pack.features, ruleset.bands, ruleset.rules)
    return digest(*parts)[:HASH_DIGITS]


def domains(root: Path | None = None) -> list[str]:
    """The names of all packs: the folders that hold a contract.yml."""
    return sorted(path.parent.name for path in (root or settings().domains).glob(f"*/{CONTRACT}"))


def load_pack(domain: str, root: Path | None = None) -> Pack:
    """'payments' -> the pack in <root>/payments, the settings' domains unless given; raises PackError."""
    folder = (root or settings().domains) / domain
    if not (folder / CONTRACT).is_file():
        mend = closest(domain, domains(root)) if domains(root) else "; there are no packs"
        raise PackError([Mistake(str(folder / CONTRACT), 1, f"is missing: no pack '{domain}'{mend}")])
    files, mistakes = {}, []
    for path in (folder / name for name in FILES if (folder / name).is_file()):
        try:
            files[path.name] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            mistakes.append(Mistake(str(path), 1, f"is not UTF-8 at byte {error.start}; save it as UTF-8"))
    if mistakes:
        raise PackError(mistakes)
    return pack_from_files(files, f"{folder}/", domain)


def pack_from_files(files: Mapping[str, str], prefix: str = "", folder: str | None = None) -> Pack:
    """File name -> text of contract.yml, features.yml, ... -> Pack; raises PackError.

    prefix: what stands before a file's name in messages. folder: what the contract's domain must be.
    The same texts give the same Pack: every micro-batch asks again, and reading takes longer than a small one may.
    """
    return _read(tuple(files.items()), prefix, folder)


@lru_cache(maxsize=32)
def _read(texts: tuple[tuple[str, str], ...], prefix: str, folder: str | None) -> Pack:
    files, mistakes = dict(texts), list[Mistake]()
    roots = {name: locate(files[name], prefix + name, mistakes) for name in FILES if name in files}
    for name in FILES:
        if name not in files and name not in OPTIONAL_FILES:
            mistakes.append(Mistake(prefix + name, 1, "is missing; write it beside the other files"))
    contract = _contract(files, prefix, mistakes)
    if contract is None:
        raise PackError(sorted(mistakes))
    if folder is not None and contract.domain != folder:
        mistakes.append(
            Mistake(prefix + CONTRACT, 1, f"domain is '{contract.domain}'; write '{folder}', as its folder")
        )
    pack = _pack(contract, {name: root for name, root in roots.items() if root}, files)
    if mistakes:
        raise PackError(sorted(mistakes))
    return pack


def with_rules(pack: Pack, text: str, file: str) -> Pack:
    """The pack under the rules of another rules.yml; cases of rules that it has not are left out."""
    mistakes: list[Mistake] = []
    root = locate(text, file, mistakes)
    ruleset = read_ruleset(root, pack.contract.domain, pack.columns, enums(pack.contract)) if root else None
    if mistakes or ruleset is None:
        raise PackError(sorted(mistakes))
    names = {rule.name for rule in ruleset.rules}
    cases = tuple(case for case in pack.cases if case.rule in names)
    return replace(pack, ruleset=ruleset, cases=cases, files={**pack.files, RULES: text})


def _contract(files: Mapping[str, str], prefix: str, mistakes: list[Mistake]) -> Contract | None:
    if CONTRACT not in files:
        return None
    try:
        return load_contract(files[CONTRACT], prefix + CONTRACT)
    except PackError as error:
        mistakes.extend(error.mistakes)
        return None


def _pack(contract: Contract, roots: Mapping[str, Located], files: Mapping[str, str]) -> Pack:
    taken = dict.fromkeys(RESERVED, "every table") | dict.fromkeys(contract.event_types, CONTRACT)
    references = roots.get(REFERENCE)
    enrichments = read_enrichments(references, contract, taken) if references else ()
    features = read_features(roots[FEATURES], contract, taken) if FEATURES in roots else ()
    columns, values = _columns(contract, enrichments, features), enums(contract)
    rules = roots.get(RULES)
    ruleset = (
        read_ruleset(rules, contract.domain, columns, values)
        if rules
        else Ruleset(contract.domain, 1, (), ())
    )
    names = [rule.name for rule in ruleset.rules]
    cases = read_cases(roots[CASES], names, columns, values) if CASES in roots else ()
    return Pack(contract, features, enrichments, ruleset, cases, dict(files))


def _columns(
    contract: Contract, enrichments: tuple[Enrichment, ...], features: tuple[Feature, ...]
) -> dict[str, str]:
    return (
        contract.event_types
        | {enrichment.name: ENRICHMENT_TYPE for enrichment in enrichments}
        | {feature.name: feature.type for feature in features}
    )
