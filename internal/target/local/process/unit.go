package process

import (
	"context"
	"time"
)

// Probe reports what is wrong, nil when nothing is.
type Probe func(ctx context.Context) error

// Timing is the rhythm of supervision. The zero value of a field is its default.
type Timing struct {
	// ProbeStart is the pause between probes of a process that is not ready (50ms).
	ProbeStart time.Duration
	// ProbePeriod is the pause between probes of one that is (5s).
	ProbePeriod time.Duration
	// ProbeTimeout bounds one probe (2s).
	ProbeTimeout time.Duration
	// Grace is the time between SIGTERM and SIGKILL (10s).
	Grace time.Duration
	// BackoffFirst is the pause before the first restart (200ms); it doubles up to BackoffMost (30s).
	BackoffFirst, BackoffMost time.Duration
	// Settle is how long a process without a readiness probe must have run to be ready (0).
	Settle time.Duration
	// Stable is how long a process must have run for the backoff to start anew (30s).
	Stable time.Duration
}

// FailingProbes is how many probes of liveness in a row must fail for a restart, and how many of
// readiness for a process that was ready to count as failing.
const FailingProbes = 3

func (t Timing) withDefaults() Timing {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.ProbeStart, 50*time.Millisecond)
	set(&t.ProbePeriod, 5*time.Second)
	set(&t.ProbeTimeout, 2*time.Second)
	set(&t.Grace, 10*time.Second)
	set(&t.BackoffFirst, 200*time.Millisecond)
	set(&t.BackoffMost, 30*time.Second)
	set(&t.Stable, 30*time.Second)
	return t
}

// Config says what to supervise.
type Config struct {
	Spec Spec
	// Ready and Live probe the process; nil always succeeds.
	Ready, Live Probe
	// OneShot: the process is to end with success once, and is not started again then.
	OneShot bool
	Timing  Timing
	// Before, where set, must return before each start; an error counts as a failed start.
	Before Probe
	// OnChange is called after every change of the state; it must not block.
	OnChange func(State)
}

// Unit is a supervised process: it is started again, with backoff, whenever it
// ends, until Stop.
type Unit struct {
	launcher *Launcher
	config   Config
	cell     *cell
	cancel   context.CancelFunc
	done     chan struct{}
}

// Supervise starts the process and keeps it running until Stop.
func (l *Launcher) Supervise(c Config) *Unit {
	ctx, cancel := context.WithCancel(context.Background())
	c.Timing = c.Timing.withDefaults()
	u := &Unit{launcher: l, config: c, cell: newCell(c.OnChange), cancel: cancel, done: make(chan struct{})}
	go u.run(ctx)
	return u
}

// State returns what is known now.
func (u *Unit) State() State {
	s, _ := u.cell.get()
	return s
}

// Await returns the first state that satisfies enough, or the state at hand
// with ctx's error.
func (u *Unit) Await(ctx context.Context, enough func(State) bool) (State, error) {
	return u.cell.await(ctx, enough)
}

// Stop ends the process, kindly first, and returns when it is gone.
func (u *Unit) Stop() {
	u.cancel()
	<-u.done
}

func (u *Unit) run(ctx context.Context) {
	defer close(u.done)
	defer u.cell.update(func(s *State) { s.Phase, s.PID = Stopped, 0 })
	backoff := u.config.Timing.BackoffFirst
	for ctx.Err() == nil {
		began := time.Now()
		if u.once(ctx) {
			<-ctx.Done()
			return
		}
		if time.Since(began) >= u.config.Timing.Stable {
			backoff = u.config.Timing.BackoffFirst
		}
		pause(ctx, backoff)
		backoff = min(2*backoff, u.config.Timing.BackoffMost)
	}
}

// once starts the process and stays with it until it has ended. It reports
// whether it is complete.
func (u *Unit) once(ctx context.Context) (complete bool) {
	u.cell.update(func(s *State) { s.Phase, s.Probe, s.Failed = Starting, "", 0 })
	p, err := u.start(ctx)
	if err != nil {
		u.ended(err.Error())
		return false
	}
	u.cell.update(func(s *State) { s.PID = p.PID() })
	watch, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		u.watch(watch, p)
	}()
	select {
	case <-p.Done():
	case <-ctx.Done():
	}
	cancel()
	<-watched
	p.Stop(context.WithoutCancel(ctx), u.config.Timing.Grace)
	if u.config.OneShot && p.Exit() == (Exit{}) {
		u.cell.update(func(s *State) { s.Phase, s.PID, s.Last = Complete, 0, "" })
		return true
	}
	if ctx.Err() == nil {
		u.ended(p.Exit().String())
	}
	return false
}

func (u *Unit) start(ctx context.Context) (*Process, error) {
	if u.config.Before != nil {
		if err := u.config.Before(ctx); err != nil {
			return nil, err
		}
	}
	return u.launcher.Start(u.config.Spec)
}

func (u *Unit) ended(how string) {
	u.cell.update(func(s *State) {
		s.Phase, s.PID, s.Last = Waiting, 0, how
		s.Exits++
	})
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
