package rounds_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// piece is work of a key that waits until it may go on; taken says that another has it.
type piece struct {
	key   string
	taken bool
}

func TestTurnsHaveRoomForOnePieceOfEachKey(t *testing.T) {
	t.Parallel()
	turns := rounds.Turns{Most: 2}
	waiting := []piece{{"a", true}, {"a", false}, {"a", false}, {"b", false}, {"c", false}}
	began, goOn, done := make(chan string, 8), make(chan struct{}), make(chan struct{}, 8)
	next := func(busy []string) (string, func(), error) {
		i := slices.IndexFunc(waiting, func(p piece) bool { return !slices.Contains(busy, p.key) })
		if i < 0 {
			return "", nil, nil
		}
		p := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		if p.taken {
			return p.key, nil, nil
		}
		return p.key, func() { began <- p.key; <-goOn }, nil
	}
	fill := func(want ...string) {
		t.Helper()
		if err := turns.Fill(next, func() { done <- struct{}{} }); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range want {
			got = append(got, <-began)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%v begin, want %v", got, want)
		}
	}
	fill("a", "b")
	fill() // there is no room
	for range 2 {
		goOn <- struct{}{}
		<-done
	}
	fill("a", "c")
	if len(waiting) != 0 {
		t.Errorf("%v are left", waiting)
	}
	close(goOn)
	turns.Wait()
	broken := errors.New("broken")
	if err := turns.Fill(func([]string) (string, func(), error) { return "", nil, broken }, nil); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
