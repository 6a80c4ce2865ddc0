package upstream

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/semaphore"
)

// BusyError is a request that a service was not asked for, since it has too
// much to do or fails too often.
type BusyError struct{ Reason string }

// Error implements error.
func (e *BusyError) Error() string { return e.Reason }

// door lets in as many requests as a service may have.
type door struct {
	places     *semaphore.Weighted
	pending    atomic.Int64
	maxPending int64
	breaker    *gobreaker.TwoStepCircuitBreaker[struct{}]
}

// newDoor returns nil where nothing bounds the requests.
func newDoor(s Settings) *door {
	d := &door{}
	if l := s.Limits; l != nil {
		places := l.MaxRequests
		if !s.Two() && l.MaxConnections > 0 && (places == 0 || l.MaxConnections < places) {
			places = l.MaxConnections // each request of HTTP/1.1 has a connection
		}
		if places > 0 {
			d.places, d.maxPending = semaphore.NewWeighted(int64(places)), int64(l.MaxPending)
		}
	}
	if b := s.Breaker; b != nil {
		d.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			MaxRequests: uint32(max(b.Probes, 1)),
			Interval:    time.Duration(b.Window), Timeout: time.Duration(b.OpenFor),
			ReadyToTrip: func(n gobreaker.Counts) bool {
				return int(n.Requests) >= b.MinRequests && int(n.TotalFailures)*100 >= b.ErrorPercent*int(n.Requests)
			},
		})
	}
	if d.places == nil && d.breaker == nil {
		return nil
	}
	return d
}

// enter waits for a place; judged, where it is not nil, is to be told how it went.
func (d *door) enter(ctx context.Context, wait time.Duration) (judged func(error), err error) {
	if d == nil {
		return nil, nil
	}
	if err := d.place(ctx, wait); err != nil {
		return nil, err
	}
	if d.breaker == nil {
		return nil, nil
	}
	if judged, err = d.breaker.Allow(); err != nil {
		d.leave()
		return nil, &BusyError{Reason: "too many requests to it failed"}
	}
	return judged, nil
}

func (d *door) place(ctx context.Context, wait time.Duration) error {
	if d.places == nil || d.places.TryAcquire(1) {
		return nil
	}
	defer d.pending.Add(-1)
	if d.pending.Add(1) > d.maxPending {
		return &BusyError{Reason: "too many requests to it are under way"}
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := d.places.Acquire(ctx, 1); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return &BusyError{Reason: "too many requests to it are under way"}
		}
		return fmt.Errorf("wait for a place: %w", err)
	}
	return nil
}

func (d *door) leave() {
	if d != nil && d.places != nil {
		d.places.Release(1)
	}
}

// Open tells that the cluster's breaker refuses.
func (c *Cluster) Open() bool {
	return c.door != nil && c.door.breaker != nil && c.door.breaker.State() == gobreaker.StateOpen
}

const (
	// retryCost is what a retry takes of the budget, in thousandths.
	retryCost = 1000
	// retryReserve lets a service with little traffic retry at all.
	retryReserve = 10 * retryCost
	maxReserve   = 100 * retryCost
)

// Budget bounds retries to a share of the requests: each request puts its
// share in, each retry takes one out.
type Budget struct {
	// spent is how much of the reserve is gone; below 0 it was saved.
	spent atomic.Int64
	// retried and refused count what Spend said.
	retried, refused atomic.Int64
}

// Counts returns how many retries there were, and how many there could not be.
func (b *Budget) Counts() (retried, refused int64) { return b.retried.Load(), b.refused.Load() }

// Earn counts a request, of which percent may be retried.
func (b *Budget) Earn(percent int) {
	if b.spent.Load() > retryReserve-maxReserve {
		b.spent.Add(-int64(percent) * retryCost / 100)
	}
}

// Spend tells whether a retry may be.
func (b *Budget) Spend() bool {
	if b.spent.Add(retryCost) > retryReserve {
		b.spent.Add(-retryCost)
		b.refused.Add(1)
		return false
	}
	b.retried.Add(1)
	return true
}
