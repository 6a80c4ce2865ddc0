package fault_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledDaemon kills the daemon with SIGKILL at random instants while people
// deploy, promote, approve and upload. TERRACE_FAULT_KILLS says how often,
// TERRACE_FAULT_SEED repeats the choices of a former test.
func TestKilledDaemon(t *testing.T) {
	kills := number(t, "TERRACE_FAULT_KILLS", 0)
	if testing.Short() || kills == 0 {
		t.Skip("set TERRACE_FAULT_KILLS, as make fault does")
	}
	t.Parallel()
	seed := uint64(number(t, "TERRACE_FAULT_SEED", int(time.Now().UnixNano()&0xffffff)))
	fmt.Printf("seed %d (TERRACE_FAULT_SEED), %d kills\n", seed, kills)
	newTrial(t, seed, newWorld(t)).run(kills)
}

// TestKilledServerAndRunner is TestKilledDaemon with stages that a remote runner
// executes: the server, the runner or both are killed, while people destroy and
// cancel, too.
func TestKilledServerAndRunner(t *testing.T) {
	kills := number(t, "TERRACE_FAULT_KILLS", 0)
	if testing.Short() || kills == 0 {
		t.Skip("set TERRACE_FAULT_KILLS, as make fault does")
	}
	t.Parallel()
	seed := uint64(number(t, "TERRACE_FAULT_SEED", int(time.Now().UnixNano()&0xffffff)))
	fmt.Printf("seed %d (TERRACE_FAULT_SEED), %d kills of server, runner or both\n", seed, kills)
	w, r := newFarWorld(t)
	tr := newTrial(t, seed, w)
	tr.far, tr.load.mixed = r, true
	tr.run(kills)
}

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is %q, no number", variable, text)
	}
	return n
}

// trial is one series of kills.
type trial struct {
	*checks
	load *load
	// far is the remote runner, nil where the daemon executes everything.
	far *remote
	// down says that the daemon does not run.
	down   bool
	chance *rand.Rand
	// span is how long the daemon lives at most before it is killed: about as
	// long as a deploy takes.
	span                  time.Duration
	kills, starts         int
	hit                   map[string]int
	longest, longestStart time.Duration
	continued             map[string]bool
}

func newTrial(t *testing.T, seed uint64, w *world) *trial {
	t.Helper()
	workloads := []string{"orders", "billing"}
	l := &load{world: w, ledger: newLedger(), workloads: workloads, seed: seed}
	tr := &trial{
		checks: &checks{
			world: w, ledger: l.ledger, workloads: workloads, evidence: w.evidence(),
			secrets: map[string]string{}, messages: map[string]uint64{}, ended: map[string]string{},
		},
		load: l, chance: rand.New(rand.NewPCG(seed, 1)), hit: map[string]int{}, continued: map[string]bool{},
	}
	begin := time.Now()
	for _, workload := range workloads {
		r, err := l.deploy(t.Context(), workload, int(l.releases.Add(1)), 0)
		w.must(err)
		tr.succeeds(r)
	}
	tr.span = max(2*time.Second, min(8*time.Second, time.Since(begin)))
	return tr
}

func (tr *trial) run(kills int) {
	tr.t.Helper()
	for tr.kills < kills && !tr.t.Failed() {
		at := tr.killUnderLoad()
		again := tr.kills < kills && tr.chance.IntN(4) == 0
		if again {
			tr.killStart()
		}
		runs := tr.settle()
		tr.classify(runs, at)
		tr.everything(runs)
		fmt.Printf("%3d kills, longest settling %.1fs, %s\n", tr.kills, tr.longest.Seconds(), summary(runs))
	}
	if tr.t.Failed() {
		return
	}
	tr.fresh(tr.load)
	tr.Kill() // what is metered at the start has all that ended before
	tr.Boot()
	runs := tr.runs()
	tr.everything(runs)
	tr.metered(runs)
	tr.report(runs)
}

// killUnderLoad lets people work and kills the daemon: at a random time, or
// every third time as soon as something is seen that was hit seldom so far.
func (tr *trial) killUnderLoad() time.Time {
	tr.t.Helper()
	ctx, stop := context.WithCancel(tr.t.Context())
	wait := tr.load.run(ctx)
	if tr.chance.IntN(3) == 0 {
		tr.aim(ctx)
	} else {
		pause(ctx, 200*time.Millisecond+time.Duration(tr.chance.Int64N(int64(tr.span))))
	}
	if tr.ledger.uploads() > 0 {
		tr.hit["upload"]++
	}
	at := tr.strike()
	stop()
	wait()
	return at
}

// aim waits until a run has the status that was hit least, or an upload is under way.
func (tr *trial) aim(ctx context.Context) {
	statuses := map[string]string{"queue": "queued", "plan": "planning", "approved": "approved", "apply": "applying", "verify": "verifying", "upload": ""}
	phases := slices.Sorted(maps.Keys(statuses))
	rarest := slices.MinFunc(phases, func(a, b string) int { return tr.hit[a] - tr.hit[b] })
	ctx, cancel := context.WithTimeout(ctx, 3*tr.span)
	defer cancel()
	for ctx.Err() == nil {
		if rarest == "upload" && tr.ledger.uploads() > 0 {
			return
		}
		if status := statuses[rarest]; status != "" && len(tr.load.newest(ctx, "status="+status)) > 0 {
			return
		}
		pause(ctx, 2*time.Millisecond)
	}
}

// strike kills the daemon, or, where there is a remote runner, that one or both.
func (tr *trial) strike() time.Time {
	tr.t.Helper()
	victim := 0
	if tr.far != nil {
		victim = tr.chance.IntN(3)
		tr.hit[[]string{"the server", "the runner", "both"}[victim]]++
	}
	at := time.Now()
	if victim > 0 {
		tr.far.end(syscall.SIGKILL)
	}
	if victim != 1 {
		return tr.kill()
	}
	tr.kills++
	return at
}

func (tr *trial) kill() time.Time {
	tr.t.Helper()
	at := time.Now()
	tr.Kill()
	tr.kills++
	tr.down = true
	return at
}

// killStart kills the daemon while it starts, or while it takes up what was left.
func (tr *trial) killStart() {
	tr.t.Helper()
	if !tr.down {
		tr.Kill()
	}
	tr.must(tr.Launch())
	pause(tr.t.Context(), time.Duration(tr.chance.Int64N(int64(max(2*tr.longestStart, time.Second)))))
	phase := "start-up"
	if tr.isReady() {
		phase = "recovery"
	}
	tr.hit[phase]++
	tr.kill()
}

func (tr *trial) isReady() bool {
	response, err := http.Get("http://" + tr.API + "/readyz")
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// settle starts the daemon and waits until it wants nothing but people.
func (tr *trial) settle() []run {
	tr.t.Helper()
	begin := time.Now()
	if tr.down {
		tr.Boot()
		tr.down = false
		tr.starts++
		tr.longestStart = max(tr.longestStart, time.Since(begin))
	}
	if tr.far != nil && tr.far.cmd == nil {
		tr.far.start()
	}
	var runs []run
	tr.eventually("every run settles by itself", func() (string, bool) {
		runs = tr.runs()
		moving := moving(runs)
		for _, r := range moving {
			tr.continued[r.ID] = true
		}
		return fmt.Sprintf("%+v", moving), len(moving) == 0
	})
	tr.longest = max(tr.longest, time.Since(begin))
	return runs
}

// classify counts what the kill has hit.
func (tr *trial) classify(runs []run, at time.Time) {
	hit := map[string]bool{}
	for _, r := range runs {
		if phase := r.phaseAt(at); phase != "" {
			hit[phase] = true
		}
	}
	if len(hit) == 0 {
		hit["nothing"] = true
	}
	for phase := range hit {
		tr.hit[phase]++
	}
}

func (tr *trial) report(runs []run) {
	var phases []string
	for _, phase := range slices.Sorted(maps.Keys(tr.hit)) {
		phases = append(phases, fmt.Sprintf("%s %d", phase, tr.hit[phase]))
	}
	ids, releases, artifacts, approvals := tr.ledger.acknowledged()
	fmt.Printf("kills by what they hit (one may hit several): %s\n", strings.Join(phases, ", "))
	fmt.Printf("acknowledged: %d runs, %d releases, %d approvals, %d artifacts; %d requests without success\n",
		len(ids), len(releases), len(approvals), len(artifacts), tr.ledger.unknown)
	fmt.Printf("runs: %s; continued after a kill: %d\n", summary(runs), len(tr.continued))
	fmt.Printf("recoveries: %d; longest start %.1fs, longest time to settle %.1fs\n", tr.starts, tr.longestStart.Seconds(), tr.longest.Seconds())
	fmt.Printf("FAULTS: %d kills, %d runs, %d lost, %d stuck, %d twice\n", tr.kills, len(runs), tr.lost, tr.stuck, tr.twice)
}
