package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// An operation on the one state of a stack, and what came of it.
type (
	asked struct {
		do, lock string
		serial   int
	}
	answered struct {
		ok     bool
		serial int
	}
	held struct {
		lock   string
		serial int
	}
)

// model is what the state of a stack does, one operation at a time.
func model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return held{} },
		Step: func(s, in, out any) (bool, any) {
			now, a, r := s.(held), in.(asked), out.(answered) //nolint:forcetypeassert // the test puts them there
			switch a.do {
			case "lock":
				if r.ok { // a run takes over what a former process of its own holds
					return now.lock == "" || now.lock == a.lock, held{a.lock, now.serial}
				}
				return now.lock != "" && now.lock != a.lock, now
			case "unlock":
				if r.ok {
					return now.lock == "" || now.lock == a.lock, held{"", now.serial}
				}
				return now.lock != "" && now.lock != a.lock, now
			case "write":
				if r.ok {
					return now.lock == a.lock && a.serial > now.serial, held{now.lock, a.serial}
				}
				return now.lock != a.lock || a.serial <= now.serial, now
			default:
				return r.serial == now.serial, now
			}
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v → %+v", in, out) },
	}
}

// TestOperationsAreLinearizable lets runs lock, write, read and unlock one state
// at once: what each was answered must fit one order of all operations.
func TestOperationsAreLinearizable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *statetest.Room) {
		t.Helper()
		const clients, operations = 5, 40
		began := time.Now()
		var mu sync.Mutex
		var history []porcupine.Operation
		var group sync.WaitGroup
		for client := range clients {
			group.Go(func() {
				random := rand.New(rand.NewPCG(uint64(client), 7))
				for range operations {
					in := asked{do: []string{"lock", "write", "write", "read", "unlock"}[random.IntN(5)], lock: fmt.Sprintf("lock-%d", client)}
					call := time.Since(began)
					out, serial, err := operate(t.Context(), r.Service, client, in)
					if err != nil {
						t.Error(err)
						return
					}
					in.serial = serial
					mu.Lock()
					history = append(history, porcupine.Operation{ClientId: client, Input: in, Output: out, Call: int64(call), Return: int64(time.Since(began))})
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if result := porcupine.CheckOperationsTimeout(model(), history, time.Minute); result != porcupine.Ok {
			t.Errorf("%d operations have no order that explains them all: %s", len(history), result)
		}
		t.Logf("%d operations of %d runs on one state are linearizable", len(history), clients)
	})
}

// operate does one operation. A write is of the serial after the one that is read
// just before it.
func operate(ctx context.Context, s *state.Service, client int, in asked) (out answered, serial int, err error) {
	c := state.Caller{Run: fmt.Sprintf("run_%d", client), Stack: stack, Fence: 1, MayWrite: true}
	current, err := s.Serial(ctx, stack)
	if err != nil {
		return out, 0, err
	}
	switch in.do {
	case "lock":
		err = s.Lock(ctx, c, stack, state.Lock{ID: in.lock})
	case "unlock":
		err = s.Unlock(ctx, c, stack, in.lock)
	case "write":
		serial = int(current) + 1
		_, err = s.Write(ctx, c, stack, in.lock, bytes.NewReader(content(serial, "lineage", in.lock)))
	default:
		now, err := s.Serial(ctx, stack)
		return answered{ok: err == nil, serial: int(now)}, 0, err
	}
	var locked *state.HeldError
	if errors.As(err, &locked) || kernel.Is(err, kernel.Locked) || kernel.Is(err, kernel.Conflict) {
		return answered{}, serial, nil
	}
	return answered{ok: err == nil}, serial, err
}
