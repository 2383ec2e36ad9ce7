/* The publication protocol of lull/rcu and lull/publish, for spin (https://spinroot.com).
 *
 * Modelled: one writer that swaps the view; a reclaimer that frees views after a grace period, and
 * snapshots when their last hold is gone; readers that read inside a section, or pin by
 * load-then-increment inside a section and use the pin beyond it. A view holds its current snapshot and
 * the one before it (a retained ring of one); a publication drops the oldest from the ring, and the
 * destruction of a view lets go of its holds. Each step that other threads can see is atomic by itself.
 *
 * Asserted: no reader and no pin ever touches a freed view or snapshot; nothing is freed twice or while
 * it is held; nobody waits for ever; and when readers and writer are done, all but the current view and
 * what it holds has been freed.
 *
 * Left out: weak memory (the orders are argued beside the code), and how liburcu makes a grace period:
 * what counts here is its contract, that it ends only when all sections open at its start have ended.
 *
 * NO_GRACE_PERIOD, PIN_OUTSIDE_SECTION, COUNT_BEFORE_GRACE and RECLAIMER_IGNORES_PINS are the defects of
 * tests/torture/mutants.txt. Each has a counter-example; run_spin demands that it is found.
 */

#ifndef READERS
#define READERS 2
#endif
#ifndef PUBLICATIONS
#define PUBLICATIONS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1                      /* of each reader */
#endif
#define VIEWS (PUBLICATIONS + 1)      /* view v holds snapshot v, and v - 1 where there is one */

byte current = 0;                     /* the published pointer */

bool view_retired[VIEWS];             /* handed to the reclaimer, for after a grace period */
bool view_freed[VIEWS];
byte holds[VIEWS];                    /* the count inside snapshot v */
bool unpinned[VIEWS];                 /* handed to the reclaimer: the last hold is gone */
bool snapshot_freed[VIEWS];
byte handed = 0;                      /* how many of both; the reclaimer sleeps on it */

bool in_section[READERS];
bool waited_for[READERS];             /* the grace period that runs waits for this section */
byte working = READERS + 1;           /* readers and the writer */

inline enter() { in_section[me] = true }
inline leave() { atomic { in_section[me] = false; waited_for[me] = false } }

/* Callers are atomic. */
inline let_go(s) {
  assert(holds[s] > 0);
  holds[s]--;
  if
  :: holds[s] == 0 -> unpinned[s] = true; handed++
  :: else
  fi
}
inline let_go_of_all(v) {
  let_go(v);
  if
  :: v > 0 -> let_go(v - 1)
  :: else
  fi
}

proctype reader(byte me) {
  byte view, snapshot, round;
  do
  :: round == ROUNDS -> break
  :: else ->
    enter();
    view = current;
    if                                                  /* what the view's bytes say */
    :: atomic { assert(!view_freed[view]); snapshot = view }
    :: atomic { view > 0 -> assert(!view_freed[view]); snapshot = view - 1 }
    fi;
    if
    :: assert(!snapshot_freed[snapshot]);               /* a read */
       leave()
    ::                                                  /* a pin */
#ifdef PIN_OUTSIDE_SECTION
       leave();
#endif
       atomic {
         assert(!snapshot_freed[snapshot]);             /* the count is inside the snapshot */
#ifndef RECLAIMER_IGNORES_PINS
         assert(holds[snapshot] > 0);
         holds[snapshot]++
#endif
       }
       leave();
       assert(!snapshot_freed[snapshot]);               /* used outside of any section */
#ifndef RECLAIMER_IGNORES_PINS
       atomic { let_go(snapshot) }
#endif
    fi;
    round++
  od;
  working--
}

proctype writer() {
  byte next = 1;
  do
  :: next == VIEWS -> break
  :: else ->
    atomic {                                            /* the next view, unknown to others yet */
      assert(!snapshot_freed[next - 1] && holds[next - 1] > 0);
      holds[next] = 1;
      holds[next - 1]++
    }
    current = next;                                     /* the swap */
#ifdef COUNT_BEFORE_GRACE
    atomic { let_go_of_all(next - 1) }
#endif
    atomic { view_retired[next - 1] = true; handed++ }
    next++
  od;
  working--
}

proctype reclaimer() {
  bool batch[VIEWS];
  byte i;
  do
  :: handed == 0 && working == 0 -> break
  :: handed > 0 ->
    d_step {                                            /* takes all retired, starts a grace period */
      for (i : 0 .. VIEWS - 1) {
        batch[i] = view_retired[i];
        if
        :: view_retired[i] -> handed--
        :: else
        fi;
        view_retired[i] = false
      }
      for (i : 0 .. READERS - 1) { waited_for[i] = in_section[i] }
      i = 0
    }
#ifndef NO_GRACE_PERIOD
    do
    :: i == READERS -> break
    :: i < READERS && !waited_for[i] -> i++             /* blocks until that section has ended */
    od;
#endif
    i = 0;
    do
    :: i == VIEWS -> break
    :: i < VIEWS && !batch[i] -> i++
    :: i < VIEWS && batch[i] ->
       atomic {
         assert(!view_freed[i]);
         view_freed[i] = true;
#ifndef COUNT_BEFORE_GRACE
         let_go_of_all(i);
#endif
         batch[i] = false
       }
    od;
    i = 0;
    do
    :: i == VIEWS -> break
    :: i < VIEWS && !unpinned[i] -> i++
    :: atomic {
         i < VIEWS && unpinned[i] ->
         assert(!snapshot_freed[i] && holds[i] == 0);
         unpinned[i] = false;
         handed--;
         snapshot_freed[i] = true
       }
    od;
    i = 0
  od;
  for (i : 0 .. VIEWS - 1) {
    assert(view_freed[i] == (i < PUBLICATIONS));
    assert(snapshot_freed[i] == (i + 1 < PUBLICATIONS))
  }
}

init {
  byte i;
  atomic {
    holds[0] = 1;
    for (i : 0 .. READERS - 1) { run reader(i) }
    run writer();
    run reclaimer()
  }
}
