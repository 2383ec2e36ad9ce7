"""What the figures say: at which share of writes each way to share a map stops being the best choice."""

NOISE = 1.10  # gaps below 10% are none
WRITES_SEEN = 0.8  # of those that the share asks for: fewer, and the reads cannot be kept up


def sustained(reads_per_s, writes_per_s, share):
    """Reads a second that the writes keep up with, and whether that is less than what was read: at the begin of a run
    threads read quickly until each of them waits to write."""
    if share == 0 or share == 100:
        return reads_per_s, False
    allowed = writes_per_s * (100 - share) / share
    return (allowed, True) if allowed < WRITES_SEEN * reads_per_s else (reads_per_s, False)


def percent(share):
    return f"{share:g}%"


def spans(shares, chosen):
    """`0% to 1% and at 20%`: the chosen shares, neighbours joined."""
    runs = []
    for index, share in enumerate(shares):
        if share in chosen:
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
    texts = [percent(shares[run[0]]) if len(run) == 1 else f"{percent(shares[run[0]])} to {percent(shares[run[-1]])}"
             for run in runs]
    return " and ".join(texts) if texts else "no share"


def winner(rates, share, names):
    return max(names, key=lambda name: rates[name, share])


def best_shares(rates, shares, name, names):
    """Shares at which none of `names` reads more than the noise beyond `name`."""
    return [share for share in shares
            if rates[name, share] > 0 and rates[name, share] * NOISE >= rates[winner(rates, share, names), share]]


def times(rates, share, faster, slower):
    if rates[slower, share] == 0:
        return f"{faster} reads, {slower} not at all"
    return f"{faster} reads {rates[faster, share] / rates[slower, share]:.1f} times as much"


def sentence(rates, shares, name, names):
    """Where `name` is the best of `names`, and where and to whom it stops being that."""
    best = best_shares(rates, shares, name, names)
    if not best:
        first = shares[0]
        beaten = times(rates, first, winner(rates, first, names), name)
        return f"{name}: best at no share; at {percent(first)} {beaten}."
    last = shares.index(best[-1])
    if len(best) == len(shares):
        return f"{name}: best from {percent(shares[0])} on; does not stop within {percent(shares[-1])}."
    text = f"{name}: best at {spans(shares, best)}"
    if last + 1 == len(shares):
        return f"{text}; does not stop within {percent(shares[-1])}."
    after = shares[last + 1]
    text += f"; stops between {percent(shares[last])} and {percent(after)}, where "
    return text + times(rates, after, winner(rates, after, names), name) + "."


def sentences(rates, shares, names, always):
    """One for each that is the best somewhere and for `always`; one for all others."""
    seldom = [name for name in names if name != always and not best_shares(rates, shares, name, names)]
    lines = [sentence(rates, shares, name, names) for name in names if name not in seldom]
    if seldom:
        lines.append(f"Best at no share: {', '.join(seldom)}.")
    return lines
