"""Questions and the training panel in the browser: in JupyterLab, with and without a kernel, and in a file."""

import os
import re
import signal
from importlib.resources import files

import pytest
from playwright.sync_api import Locator, Page, expect

from mbv2_lesson import browser as modules
from mbv2_lesson import questions

from .jupyterlab import complaints, expect_in_kernel, in_kernel, run_all, run_next

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
ASK = "from mbv2_lesson.questions import ask"
TRAIN = "from mbv2_lesson.experiments import small_nets\nfrom mbv2_lesson.explorers.training_panel import train_all"
QUESTIONS = list(questions.QUESTIONS)


def said(text: str) -> str:
    return re.sub(r"</?i>", "", text)


def verdict(question: questions.Question, index: int) -> str:
    """Everything below the buttons once that option is committed to."""
    option = question.options[index]
    return f"{'ABCDEF'[index]}: {'✔ Right.' if option.right else '✘ Not quite.'} {said(option.feedback)}"


def commit(place: Locator, index: int) -> None:
    place.get_by_role("radio").nth(index).check()
    place.get_by_role("button", name="Commit").click()


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")


def status_of_kernel(page: Page) -> str:
    return page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status")


def test_in_jupyterlab_by_keyboard_then_with_a_busy_kernel_then_reloaded(lab, page, written):
    name = written(ASK, 'question = ask("01-weights")\nquestion', 'ask("02-halves")')
    run_next(page, name)
    question, place = questions.ask("01-weights"), cell(page, 1)
    radios, status = place.get_by_role("radio"), place.get_by_role("status")
    expect(place.get_by_role("group", name=said(question.prompt))).to_be_visible()
    for index, option in enumerate(question.options):
        expect(radios.nth(index)).to_have_accessible_name(f"{'ABCDEF'[index]}. {option.text}")
    radios.first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # JupyterLab does not take it
    expect(radios.nth(1)).to_be_focused()
    expect(radios.nth(1)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(status).to_have_text(verdict(question, 1))
    expect_in_kernel(page, "(question.committed, question.right_first_time)", (1, False))
    expect(cell(page, 2).get_by_role("status")).to_be_empty()  # each question has its own radio buttons
    commit(cell(page, 2), 2)
    expect(radios.nth(1)).to_be_checked()

    in_kernel(page, "question.commit(0)")
    expect(status).to_have_text(verdict(question, 0))
    expect(radios.first).to_be_checked()

    go = lab.folder / "go"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.1)"
    page.evaluate(
        """code => {
            window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
        }""",
        wait,
    )
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    commit(place, 3)
    expect(status).to_have_text(verdict(question, 3))
    assert status_of_kernel(page) == "busy"
    go.touch()
    expect_in_kernel(page, "question.commits", [1, 0, 3])  # as soon as it can hear

    run_all(page, lab.address(name))  # a new question in Python, and a browser that remembers
    expect(status).to_have_text(verdict(question, 3))
    expect_in_kernel(page, "(question.commits, question.right_first_time)", ([1, 0, 3], False))
    place.get_by_role("button", name="Forget my answer").click()
    expect(status).to_be_empty()
    expect(radios.first).to_be_focused()
    assert radios.and_(page.locator(":checked")).count() == 0
    expect(place.get_by_role("button", name="Forget my answer")).to_be_hidden()
    expect_in_kernel(page, "(question.commits, question.right_first_time)", ([], None))
    run_next(page, name)
    expect(radios.first).to_be_visible()
    expect(status).to_be_empty()
    expect(cell(page, 2).get_by_role("status")).not_to_be_empty()
    assert complaints(page) == []


def test_when_the_kernel_goes_questions_go_on_and_stop_says_why_it_cannot(page, written):
    train = "await train_all(small_nets.ABLATIONS[:2], seeds=500, epochs=1)"
    cells = f"{ASK}\n{TRAIN}\nimport os\nos.getpid()", 'ask("01-weights")', train
    run_next(page, written(*cells), wait=False)
    panel = cell(page, 2)
    told = re.compile(r"[1-9]\d* of 1000 trained. Finished: .*Now: .* seed")
    expect(panel.get_by_role("status")).to_contain_text(told, timeout=60_000)
    expect(panel.get_by_role("progressbar", name="trained")).to_have_attribute("max", "1000")
    expect(panel.get_by_role("button", name="Stop")).to_be_enabled()
    os.kill(int(cell(page, 0).inner_text()), signal.SIGKILL)
    expect(panel.get_by_role("status")).to_contain_text("kernel is gone", timeout=20_000)
    expect(panel.get_by_role("button", name="Stop")).to_be_disabled()
    page.locator(".jp-Dialog button").last.click()  # JupyterLab's message that the kernel has died
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    question = questions.ask("01-weights")
    for index in range(len(question.options)):
        commit(cell(page, 1), index)
        expect(cell(page, 1).get_by_role("status")).to_have_text(verdict(question, index))
    icon = "() => [...document.querySelectorAll('.mbv2')].map(el => getComputedStyle(el, '::before').content)"
    assert set(page.evaluate(icon)) == {"none"}  # ipywidgets' broken chain
    assert [words for words in complaints(page) if "Canceled future" not in words] == []  # which is JupyterLab's own


# --- In a file ---


@pytest.fixture(scope="module")
def all_questions(tmp_path_factory):
    """A page with the saved output of every question and the script, as a site would have it."""
    stills = "\n".join(questions.ask(name)._repr_mimebundle_()[0]["text/html"] for name in QUESTIONS)
    path = tmp_path_factory.mktemp("page") / "all.html"
    head = f'<title>Questions</title><meta charset="utf-8"><style>body {{ margin: 0 }} {modules.style()}</style>'
    path.write_text(
        f'<!doctype html><html lang="en">{head}<main><h1>Questions</h1>{stills}</main>'
        f"<script>{modules.script('question')}</script></html>",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def file_page(browser):
    """A page with nothing stored, which records its requests."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.faults, page.requests = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: page.requests.append(request.url))
    yield page
    assert page.faults == []
    context.close()


# Commits to this option, or to the last, of every question, by clicking where a reader would; what each says then, and
# how high all of them are together. In one go: a click of Playwright's takes 20 ms, and here are 600.
COMMIT_ALL = """index => {
    const click = node => {
        node.scrollIntoView({ block: 'center' });
        const box = node.getBoundingClientRect();
        const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        if (!node.contains(hit)) throw new Error(`${hit.outerHTML} lies over ${node.outerHTML}`);
        hit.click();
    };
    return [...document.forms].map(form => {
        const radios = form.querySelectorAll('[type=radio]');
        click(radios[Math.min(index, radios.length - 1)]);
        click(form.querySelector('button'));
        const height = document.querySelector('main').getBoundingClientRect().height;
        return [form.querySelector('[role=status]').innerText, height];
    });
}"""


def test_no_answer_stands_in_the_page_before_a_commit_and_the_page_never_jumps(all_questions, file_page):
    page, asked = file_page, [questions.ask(name) for name in QUESTIONS]
    page.goto(all_questions.as_uri())
    forms = page.locator("form")
    expect(forms).to_have_count(len(QUESTIONS))
    main = page.locator("main")
    before = [main.inner_html(), main.inner_text(), main.aria_snapshot()]
    for text in before:
        assert said(asked[0].options[0].text) in text and "Right." not in text
        for question in asked:
            for option in question.options:
                assert said(option.feedback)[:40] not in text and said(option.feedback)[-40:] not in text
    expect(page.get_by_role("status")).to_have_text([""] * len(QUESTIONS))
    page.get_by_role("button", name="Commit").first.click()
    expect(page.get_by_role("status").first).to_contain_text("Choose an answer first")
    most = max(len(question.options) for question in asked)
    for width in (1280, 400, 320):
        page.set_viewport_size({"width": width, "height": 800})
        heights = page.evaluate("() => [document.querySelector('main').getBoundingClientRect().height]")
        for index in range(most):
            shown = page.evaluate(COMMIT_ALL, index)
            expected = [verdict(question, min(index, len(question.options) - 1)) for question in asked]
            assert [told for told, _ in shown] == expected
            assert {height for _, height in shown} == set(heights), (width, index)
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
        page.evaluate("() => localStorage.clear()")
        page.reload()
    assert {url for url in page.requests if not url.startswith(("file:", "data:"))} == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_either_theme(all_questions, file_page, scheme):
    file_page.emulate_media(color_scheme=scheme)
    file_page.goto(all_questions.as_uri())
    commit(file_page.locator("form").first, 0)
    file_page.evaluate(AXE)
    found = file_page.evaluate("() => axe.run({resultTypes: ['violations']})")
    assert len(found["passes"]) > 10, "axe looked at nothing"
    assert [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]] == []


def test_an_answer_survives_a_reload_until_it_is_forgotten_or_the_question_changes(file_page, tmp_path):
    question = questions.ask("01-weights")
    path = question.save(tmp_path / "q.html")
    file_page.goto(path.as_uri())
    commit(file_page, 1)
    file_page.reload()
    expect(file_page.get_by_role("heading", level=1)).to_be_visible()
    expect(file_page.get_by_role("status")).to_have_text(verdict(question, 1))
    options = {option.text: option.feedback for option in question.options[::-1]}
    changed = questions.Question(question.prompt, options, "A")
    changed.save(path, overwrite=True)
    file_page.reload()
    expect(file_page.get_by_role("status")).to_be_empty()
    question.save(path, overwrite=True)
    file_page.reload()
    expect(file_page.get_by_role("radio").nth(1)).to_be_checked()
    file_page.get_by_role("button", name="Forget my answer").click()
    file_page.reload()
    expect(file_page.get_by_role("status")).to_be_empty()
    for nonsense in ("[7]", "[0.5]", "7", "nothing"):
        file_page.evaluate("([id, text]) => localStorage.setItem(id, text)", [question.data["id"], nonsense])
        file_page.reload()
        expect(file_page.get_by_role("status")).to_be_empty()


def test_where_nothing_may_be_stored_it_works_without(file_page, tmp_path):
    denied = "() => { throw new DOMException('denied', 'SecurityError'); }"
    file_page.add_init_script(f"Object.defineProperty(window, 'localStorage', {{get: {denied}}})")
    question = questions.ask("01-weights")
    file_page.goto(question.save(tmp_path / "q.html").as_uri())
    commit(file_page, 2)
    expect(file_page.get_by_role("status")).to_have_text(verdict(question, 2))
    file_page.reload()
    expect(file_page.get_by_role("radio").first).to_be_visible()
    expect(file_page.get_by_role("status")).to_be_empty()


def test_text_is_never_read_as_html(file_page, tmp_path):
    evil = "<img src=x onerror=\"document.title = 'caught'\"><i>stressed</i>"
    options = {evil + letter: evil + letter for letter in "ab"}
    file_page.goto(questions.Question(evil, options, "A").save(tmp_path / "q.html").as_uri())
    commit(file_page, 0)
    expect(file_page.get_by_role("status")).to_contain_text("<img src=x")
    assert file_page.locator("img").count() == 0 and file_page.locator("i").count() == 4
    assert file_page.title() != "caught"
