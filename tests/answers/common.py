"""What is tested of every notebook's answers. A test module has three tables and imports these tests:

RIGHT: for each exercise, right answers in several forms
WRONG: (exercise, wrong answer, words that the check must say)
FEEDBACK: for each question, words that stand in the feedback on one option and on no other, in the options' order
"""

from mbv2_lesson import questions


def test_a_right_answer_is_right_in_any_form(right):
    verdict = questions.check(*right)
    assert verdict.passed, verdict


def test_a_wrong_answer_is_told_what_is_wrong_with_it(wrong):
    name, answer, words = wrong
    verdict = questions.check(name, answer)
    assert words in verdict.message and not verdict.passed


def test_the_feedback_speaks_of_its_option(feedback):
    name, phrases = feedback
    options = questions.ask(name).options
    for option, words in zip(options, phrases, strict=True):
        assert [words in other.feedback for other in options] == [other is option for other in options]


def test_no_question_and_no_exercise_is_left_out(request):
    tables, number = request.module, request.module.__name__[-2:]
    asked, exercises = (
        {name for name in names if name.startswith(number)} for names in (questions.QUESTIONS, questions.EXERCISES)
    )
    assert set(tables.FEEDBACK) == asked
    assert set(tables.RIGHT) == {name for name, *_ in tables.WRONG} == exercises
