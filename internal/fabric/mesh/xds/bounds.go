package xds

import (
	"maps"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// streamsPerSecond and streamsAtOnce bound how fast a workload opens streams, since each may
	// have all others be told anew: after a start of the server all come at once.
	streamsPerSecond = 10
	streamsAtOnce    = 2 * maxStreams
	// silence is after what time a workload without streams is forgotten, which then may open all
	// at once again.
	silence = 10 * time.Minute
)

// client is what a workload costs.
type client struct {
	streams int
	opened  *rate.Limiter
	seen    time.Time
}

// clients are those of all workloads by their SPIFFE IDs.
type clients struct {
	of     map[string]*client
	tidied time.Time
}

// open counts a stream of a workload, until its streams are one less; the error is a status of
// gRPC.
func (c *clients) open(id string, now time.Time) (*client, error) {
	one := c.one(id, now)
	if one.streams >= maxStreams {
		return nil, Later(time.Minute, "%s has %d streams open, which are all that it may", id, maxStreams)
	}
	if wait := Turn(one.opened, now); wait > 0 {
		return nil, Later(wait, "%s opens more than %d streams a second", id, streamsPerSecond)
	}
	one.streams++
	return one, nil
}

func (c *clients) one(id string, now time.Time) *client {
	if now.Sub(c.tidied) >= time.Minute {
		c.tidied = now
		maps.DeleteFunc(c.of, func(_ string, one *client) bool { return one.streams == 0 && now.Sub(one.seen) >= silence })
	}
	one := c.of[id]
	if one == nil {
		one = &client{opened: rate.NewLimiter(streamsPerSecond, streamsAtOnce)}
		c.of[id] = one
	}
	one.seen = now
	return one
}

// Turn takes one of a limiter, or tells how long there is none.
func Turn(l *rate.Limiter, now time.Time) time.Duration {
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// Later refuses what can be asked for again after a time, which the status says
// (google.rpc.RetryInfo).
func Later(wait time.Duration, format string, args ...any) error {
	s := status.Newf(codes.ResourceExhausted, format, args...)
	if told, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
		s = told
	}
	return s.Err() //nolint:wrapcheck // a status of gRPC
}
