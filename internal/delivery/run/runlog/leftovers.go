package runlog

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// firstTry and lastTry bound the pause after a part could not be handed on.
const (
	firstTry = 2 * time.Second
	lastTry  = 5 * time.Minute
)

// leftovers are the files that nothing is added to any longer, by run.
type leftovers struct {
	mu   sync.Mutex
	runs map[string][]*leftover
	// plain are the runs that have a log of a former version.
	plain map[string]bool
}

type leftover struct {
	run, id string
	again   time.Time
	pause   time.Duration
}

func newLeftovers() leftovers {
	return leftovers{runs: map[string][]*leftover{}, plain: map[string]bool{}}
}

// find finds what former processes have left.
func (k *leftovers) find(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if id, ok := strings.CutSuffix(name, plainExtension); ok && named(id) {
			k.plain[id] = true
		}
		if rest, ok := strings.CutSuffix(name, extension); ok {
			if id, part, ok := strings.Cut(rest, "."); ok && named(id) && isID(part, "log_") {
				k.add(id, part)
			}
		}
		if strings.HasSuffix(name, unfinished) {
			_ = os.Remove(filepath.Join(folder, name)) // it is made anew
		}
	}
	return nil
}

func (k *leftovers) add(id, part string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.ContainsFunc(k.runs[id], func(f *leftover) bool { return f.id == part }) {
		return
	}
	k.runs[id] = append(k.runs[id], &leftover{run: id, id: part})
}

func (k *leftovers) remove(id, part string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.runs[id] = slices.DeleteFunc(k.runs[id], func(f *leftover) bool { return f.id == part })
	if len(k.runs[id]) == 0 {
		delete(k.runs, id)
	}
}

func (k *leftovers) parts(id string) (parts []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.runs[id] {
		parts = append(parts, f.id)
	}
	return parts
}

// due returns those whose turn it is.
func (k *leftovers) due(now time.Time) (due []*leftover) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, all := range k.runs {
		for _, f := range all {
			if !now.Before(f.again) {
				due = append(due, f)
			}
		}
	}
	return due
}

// failed has a part tried again later.
func (k *leftovers) failed(f *leftover, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f.pause = min(max(2*f.pause, firstTry), lastTry)
	f.again = now.Add(f.pause)
}

func (k *leftovers) plains() (ids []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.plain {
		ids = append(ids, id)
	}
	return ids
}

func (k *leftovers) isPlain(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.plain[id]
}

func (k *leftovers) moved(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.plain, id)
}
