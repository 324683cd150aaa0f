"""The subset of `docs/concepts/mql5-subset.md`: what is bridged, and what is refused before any compiler sees it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
MQL5 = ROOT / "mt5" / "MQL5"
EXPERT = MQL5 / "Experts" / "Argos" / "ArgosNode.mq5"


def load(name: str) -> ModuleType:
    """A module of `mt5/host`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "mt5" / "host" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


rewrite = load("rewrite")


@pytest.fixture
def rewritten(tmp_path: Path):
    def run(source: str) -> str:
        path = tmp_path / "expert.mq5"
        path.write_text(source, encoding="utf-8")
        text = rewrite.Rewriter(include_root=tmp_path).program(path)
        return text.split("\n", 2)[2]

    return run


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("int a[];", "MqlArray<int> a;"),
        ("int a[4];", "MqlArray<int> a = MqlArray<int>(4);"),
        ("const int A[] = {1, 2};", "const MqlArray<int> A = {1, 2};"),
        ("void f(const uchar &d[]) {}", "void f(const MqlArray<uchar> &d) {}"),
        ("struct S { string b[]; };", "struct S { MqlArray<string> b; };"),
        ("void f() { a[i] = b[j]; }", "void f() { a[i] = b[j]; }"),
        ("int f() { return a[i]; }", "int f() { return a[i]; }"),
        ('string s = "a";', 'string s = "a"_s;'),
        ('#define K "k"', '#define K "k"_s'),
        ("datetime d = D'2026.01.02';", 'datetime d = mql_date("2026.01.02");'),
        ("#property strict", ""),
        ('input group "a"', "  "),
        ("int x; // why", "int x;       "),
    ],
)
def test_what_stands_in_mql5_becomes_this(rewritten, source: str, expected: str) -> None:
    assert rewritten(source) == expected


def test_an_input_becomes_a_variable_that_the_host_sets_by_name(rewritten) -> None:
    text = rewritten("input int InpX = 5; // what it is")
    assert text.startswith(' int InpX = 5; static MqlInput mql_input_InpX("InpX", InpX);')


@pytest.mark.parametrize(
    "source",
    [
        "int f(S *p) { return p->x; }",
        "auto x = 1;",
        "std::string s;",
        "void f() { try { } catch(...) { } }",
        "int a[2][3];",
        "int a[], b[];",
        "void f() { for(int x : a) g(x); }",
        "void f() { if(int x = g()) h(x); }",
        "void f() { int &x = y; x = 1; }",
        "unsigned int x;",
        "uint64_t x;",
        "size_t n;",
        "class A { };",
        "A p = new A();",
        "template<typename T> T g(T a) { return a; }",
        "struct S { int x; }; void f(S s) { }",
        "struct S { int x; }; void f(const S s) { }",
        "void f(MqlTick tick) { }",
        "uint c = C'1,2,3';",
        '#import "user32.dll"',
        "#ifdef X\n#endif",
        "using X = int;",
        "int f() { goto end; }",
        "#include <Argos/Nowhere.mqh>",
    ],
)
def test_what_metaeditor_would_refuse_is_refused(rewritten, source: str) -> None:
    with pytest.raises(rewrite.NotInSubsetError):
        rewritten(source)


def test_a_refusal_names_file_and_line(rewritten) -> None:
    with pytest.raises(rewrite.NotInSubsetError, match=r"expert\.mq5:3: not MQL5: auto"):
        rewritten("int x;\n\nauto y = 1;")


def test_lines_keep_their_numbers(rewritten) -> None:
    source = 'input group "a"\n/* two\nlines */ int a[];\n#property strict\nstring s = "x";\n'
    assert rewritten(source).count("\n") == source.count("\n")


def test_a_file_is_taken_in_once(tmp_path: Path) -> None:
    (tmp_path / "a.mqh").write_text("int once;\n", encoding="utf-8")
    path = tmp_path / "e.mq5"
    path.write_text("#include <a.mqh>\n#include <a.mqh>\nint last;\n", encoding="utf-8")
    text = rewrite.Rewriter(include_root=tmp_path).program(path)
    assert text.count("int once;") == 1
    assert f'#line 1 "{path}"' in text


def test_the_expert_itself_keeps_to_the_subset() -> None:
    rewrite.Rewriter(include_root=MQL5 / "Include").program(EXPERT)


@pytest.mark.parametrize("path", sorted(MQL5.rglob("*.mq*")), ids=lambda path: path.name)
def test_every_source_says_what_it_is_for_and_stays_small(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 140
    assert not any("TODO" in line or "\t" in line for line in lines)


def test_no_library_is_called() -> None:
    for path in MQL5.rglob("*.mq*"):
        assert "#import" not in path.read_text(encoding="utf-8")
