package sidecar

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// MethodReport is asked with a Report, and answered with google.protobuf.Empty once what it
// says is kept.
const MethodReport = "Report"

// MaxCounted is how many counts a report has at most. With the longest names they are less than
// the 256 KiB that the control plane reads.
const MaxCounted = 300

// Report is what a sidecar has counted since the one before.
type Report struct {
	// Process tells processes of a workload apart, and Number reports of one: it grows by one
	// with each, and a report that was not answered is sent again as it was.
	Process string `json:"process"`
	Number  int64  `json:"number"`
	// Release is which one the process is of, as in Hello.
	Release string    `json:"release,omitempty"`
	Counted []Counted `json:"counted"`
}

// Counted is what was counted of calls from or to others.
type Counted struct {
	// From is the SPIFFE ID of who called this workload; it is empty where this workload has
	// called Service, and Version has answered.
	From    string `json:"from,omitempty"`
	Service string `json:"service,omitempty"`
	Version string `json:"version,omitempty"`
	// Refused tells that the workload has not seen the calls: its sidecar has refused them.
	Refused bool          `json:"refused,omitempty"`
	Tally   traffic.Tally `json:"tally"`
}

// reportEvery is how often it is reported unless a configuration says otherwise.
const reportEvery = 5 * time.Second

// ledger has what was counted and is not reported yet. It is a traffic.Store to which a book
// writes.
type ledger struct {
	process string

	mu      sync.Mutex
	waiting map[of]traffic.Tally
	// sent is what was sent, and is not answered; its number is the last one.
	sent Report
}

// of is what is counted together.
type of struct {
	from, service, version string
	// refused is of calls that the workload has not seen.
	refused bool
}

func newLedger() *ledger { return &ledger{process: rand.Text(), waiting: map[of]traffic.Tally{}} }

// Add implements traffic.Store.
func (l *ledger) Add(_ context.Context, all []traffic.Count) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range all {
		k, ok := counted(c)
		if !ok {
			continue
		}
		sum := l.waiting[k]
		sum.Add(c.Tally)
		l.waiting[k] = sum
	}
	return nil
}

// Sums implements traffic.Store; nobody asks.
func (*ledger) Sums(context.Context, traffic.Question) ([]traffic.Count, error) { return nil, nil }

// Tidy implements traffic.Store; nothing is kept.
func (*ledger) Tidy(context.Context, time.Time) error { return nil }

// next is the report to send: that which was not answered, or another one.
func (l *ledger) next() (Report, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sent.Counted) > 0 {
		return l.sent, true
	}
	for k, t := range l.waiting {
		if len(l.sent.Counted) == MaxCounted {
			break
		}
		l.sent.Counted = append(l.sent.Counted, Counted{From: k.from, Service: k.service, Version: k.version, Refused: k.refused, Tally: t})
		delete(l.waiting, k)
	}
	if len(l.sent.Counted) == 0 {
		return l.sent, false
	}
	l.sent.Process = l.process
	l.sent.Number++
	return l.sent, true
}

// answered forgets what was sent.
func (l *ledger) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent.Counted = nil
}

// reports tells the control plane what was counted, until ctx ends.
func (s *Sidecar) reports(ctx context.Context) {
	if s.control == nil {
		return
	}
	every := s.config.ReportEvery
	if every <= 0 {
		every = reportEvery
	}
	tick, rank := time.NewTicker(every), time.NewTicker(traffic.RankEvery)
	defer tick.Stop()
	defer rank.Stop()
	var again time.Time
	wait := every
	for {
		select {
		case <-ctx.Done():
			return
		case <-rank.C:
			_ = s.book.Rank(ctx) // compares in memory
		case now := <-tick.C:
			if now.Before(again) {
				continue
			}
			pause := s.report(ctx)
			if pause == 0 {
				wait = every
				continue
			}
			wait = min(max(2*wait, pause), longestPause)
			again = now.Add(wait)
		}
	}
}

// report sends what there is. What cannot be sent is kept for the next time, which is not before
// the pause that the control plane asks for.
func (s *Sidecar) report(ctx context.Context) time.Duration {
	conn := s.control.conn.Load()
	if conn == nil || s.book.Write(ctx) != nil {
		return 0
	}
	for {
		r, any := s.ledger.next()
		if !any {
			return 0
		}
		err := s.send(ctx, conn, r)
		pause := pauseOf(err)
		if c := status.Code(err); c == codes.InvalidArgument || c == codes.ResourceExhausted && pause == 0 {
			s.config.Log.WarnContext(ctx, "what was counted is not taken, and is lost", "counts", len(r.Counted), "error", err)
			err = nil // it would not be taken the next time either
		}
		if err != nil {
			s.config.Log.DebugContext(ctx, "what was counted is reported later", "error", err)
			return pause
		}
		s.ledger.answered()
	}
}

// longestPause bounds how long the control plane is not asked that has asked for a pause.
const longestPause = time.Minute

// pauseOf is after which time the control plane wants to be asked again that has refused
// something for now (google.rpc.RetryInfo); 0 is where it says none.
func pauseOf(err error) time.Duration {
	for _, d := range status.Convert(err).Details() {
		if r, ok := d.(*errdetails.RetryInfo); ok {
			return min(max(r.GetRetryDelay().AsDuration(), firstRetry), longestPause)
		}
	}
	return 0
}

func (s *Sidecar) send(ctx context.Context, conn *grpc.ClientConn, r Report) error {
	r.Release = s.config.Release
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write what was counted: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lastRetry)
	defer cancel()
	return conn.Invoke(ctx, "/"+ControlService+"/"+MethodReport, wrapperspb.Bytes(raw), &emptypb.Empty{}) //nolint:wrapcheck // who asks says what it was
}
