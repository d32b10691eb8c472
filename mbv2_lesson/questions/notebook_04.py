"""Questions and exercises of 04_linear_bottlenecks."""

from ..experiments import chance_lost
from .kinds import exercise, formula, question


@question("04-collapse", right="A")
def collapse():
    prompt = "A random matrix spreads the spiral over n channels, ReLU is applied, and the best linear layer tries to read the two numbers back. For which n does it come closest?"
    return prompt, {
        "n = 30: the more channels, the better": "About half of the 30 units are zero at each point, but each is "
        "zero on its own half of the plane, so the others still show where the point is.",
        "n = 2: the matrix is square and has a true inverse": "The inverse undoes the matrix, but not the ReLU in "
        "between. By then about half of the numbers are zero, and no other unit makes up for them.",
        "The same for all: ReLU always zeroes about half": "It does zero about half of the units for any n. But "
        "half of 30 still leaves 15 units to read two numbers from.",
    }


@question("04-law", right="B")
def law():
    prompt = "Three units are active independently, each with probability 1/2. How often are fewer than two active?"
    return prompt, {
        f"{1 / 2**3:.1%}": "That is the probability that none is active. Exactly one active unit is too few as well.",
        f"{chance_lost(3):.0%}": "Of the eight equally likely cases, one has no active unit and three have "
        "exactly one.",
        f"{3 / 2**3:.1%}": "That is the probability of exactly one active unit. None at all is too few as well.",
    }


@question("04-end", right="C")
def end():
    prompt = "Suppose that a block ended in ReLU6. The next block expands its 16 channels to 96, as always. How well can a linear layer read the 16 numbers from those 96 units?"
    return prompt, {
        "As well as without that ReLU6: 96 units are plenty for 16 numbers": "They are plenty for what reaches "
        "them. But that ReLU6 acts before the expansion, and the expansion only sees what is left.",
        "Not at all: a ReLU6 on 16 channels leaves nothing to read": "It zeroes about half of the 16 numbers; the "
        "others pass. A linear layer reads less than before, but it does read something.",
        "Worse: the expansion cannot bring back what that ReLU6 set to zero": "All 96 units are computed from the "
        "16 clipped numbers. Where one of these is zero, nothing says how far below zero it was.",
        "Better: one more activation lets the block express more": "An activation can only remove information "
        "about the 16 numbers. Whether the network learns better with it is another question; in the paper's "
        "Figure 6a it did worse.",
    }


@exercise(
    "04-smallest-n",
    "Put n = 2, 3, 4, ... into (n + 1) / 2**n.",
    "Write a loop that stops as soon as the result is below 0.01.",
    praise="With eleven units, fewer than one point in a hundred is lost.",
)
def _smallest_n(answer) -> str | None:
    if isinstance(answer, bool) or not isinstance(answer, int) or answer < 1:
        return f"the answer is a whole number, 1 or more, not {answer!r}."
    n = answer
    if chance_lost(n) >= 0.01:
        cases = f"{1 / 2**n:.2%} for no active unit and {n / 2**n:.2%} for exactly one"
        return f"at n = {n} the chance is still {chance_lost(n):.2%}: {cases}."
    if n > 1 and chance_lost(n - 1) < 0.01:
        return f"at n = {n} it is below 1%, but it already is at n = {n - 1}: {chance_lost(n - 1):.2%}."
    return None


@exercise(
    "04-step",
    "How many different values can a number with `bits` bits take? And how many steps lie between the first and the last?",
    "Between 2**bits values there are 2**bits - 1 steps. Divide `largest` by that.",
    praise=f"With 4 bits instead of 8 the steps are {(2**8 - 1) // (2**4 - 1)}x as wide.",
)
@formula([(6, 8), (60, 8), (6, 4), (1, 1)], "largest = {} and bits = {}")
def _step(largest, bits):
    values, steps = 2**bits, 2**bits - 1
    return largest / steps, [
        (largest / values, f"{values} values have {steps} steps between them."),
        (largest / bits, f"{bits} bits have {values} different values."),
        (steps / largest, "That is upside down: it is the number of steps per unit."),
        (largest / 2 ** (bits - 1), "The power comes first: 2**bits, then subtract 1."),
        (steps, "That is the number of steps. How long is each of them?"),
        (largest / ((2 ^ bits) - 1 or 1), "In Python a power is 2**bits; ^ is something else."),
        (largest / (2 ^ (bits - 1) or 1), "In Python a power is 2**bits; ^ is something else."),
        (largest / 255, f"With 8 bits there are 255 steps, but {bits} bits have {values} values."),
    ]
