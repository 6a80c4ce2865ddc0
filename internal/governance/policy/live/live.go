// Package live keeps compiled policies up to date with where they come from.
//
// It owns sources, what was compiled of each last, and what is wrong with them.
// A source that breaks keeps its last good policies; one that never was good
// blocks as a policy that cannot be evaluated. It decides for no run.
package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Every is how often sources are looked at.
const Every = 2 * time.Second

// Sets are the compiled policies of all sources.
type Sets struct {
	library policy.Folder
	sources []Source
	log     *slog.Logger

	// loading is held while sources are looked at.
	loading sync.Mutex

	mu     sync.RWMutex
	loaded bool
	state  []state

	proposed proposed
}

// state is what is known of a source.
type state struct {
	set    *rego.Set
	parts  *parts        // in place of set where the source has an index
	data   []policy.File // beside what was compiled; settings of others
	digest string        // of what set was compiled from
	seen   string        // of what was looked at last
	err    error
}

// New returns the sets of sources, whose policies import the library. Refresh
// loads them, or whoever asks first.
func New(library policy.Folder, log *slog.Logger, sources ...Source) *Sets {
	return &Sets{library: library, sources: sources, log: log, state: make([]state, len(sources))}
}

// Refresh compiles what changed.
func (s *Sets) Refresh(ctx context.Context) {
	s.loading.Lock()
	defer s.loading.Unlock()
	s.refresh(ctx)
}

// load looks at the sources where nobody has yet. What it finds is for all, and does
// not end with the context of who happened to ask first.
func (s *Sets) load(ctx context.Context) {
	s.mu.RLock()
	loaded := s.loaded
	s.mu.RUnlock()
	if loaded {
		return
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	if !s.loaded { // it is written under both locks
		s.refresh(context.WithoutCancel(ctx))
	}
}

func (s *Sets) refresh(ctx context.Context) {
	found := s.read(ctx)
	for i, source := range s.sources {
		if !source.Settings {
			s.update(ctx, i, found[i])
		}
	}
	data := s.data(found)
	for i, source := range s.sources {
		if source.Settings {
			found[i].folder.Data = data
			s.update(ctx, i, found[i])
		}
	}
	s.mu.Lock()
	s.loaded = true
	s.mu.Unlock()
}

// update takes what a source has now.
func (s *Sets) update(ctx context.Context, i int, now content) {
	s.mu.RLock()
	old := s.state[i]
	s.mu.RUnlock()
	next := s.look(ctx, s.sources[i], now, old)
	if message(next.err) != message(old.err) || next.digest != old.digest {
		s.tell(ctx, s.sources[i], next)
	}
	s.mu.Lock()
	s.state[i] = next
	s.mu.Unlock()
}

// content is what a source has now.
type content struct {
	folder policy.Folder
	err    error
}

// read reads all sources.
func (s *Sets) read(ctx context.Context) []content {
	found := make([]content, len(s.sources))
	for i, source := range s.sources {
		tree, err := source.Tree(ctx)
		if err == nil {
			found[i].folder, err = policy.ReadFolder(source.Name, tree, filepath.ToSlash(source.Name))
		}
		found[i].err = err
	}
	return found
}

// data are the settings: of each source the last good ones, for without them the
// rules that read them would judge by others.
func (s *Sets) data(found []content) []policy.File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var data []policy.File
	for i, source := range s.sources {
		if source.Settings {
			data = append(data, found[i].folder.Data...)
			continue
		}
		data = append(data, s.state[i].data...)
	}
	return data
}

// look returns the state of a source after what is there now.
func (s *Sets) look(ctx context.Context, source Source, now content, old state) state {
	if now.err != nil {
		old.seen, old.err = "", now.err
		return old
	}
	digest := digestOf(now.folder)
	if digest == old.seen {
		return old
	}
	next := state{data: now.folder.Data, digest: digest, seen: digest}
	if err := s.compile(ctx, source, now.folder, &next); err != nil {
		old.seen, old.err = "", err
		if kernel.Is(err, kernel.Invalid) { // it will not be better for trying it again
			old.seen = digest
		}
		return old
	}
	return next
}

// compile compiles a folder; of one with an index what the settings could break.
func (s *Sets) compile(ctx context.Context, source Source, folder policy.Folder, next *state) (err error) {
	if source.Index == nil {
		next.set, err = rego.Compile(ctx, s.library, folder)
		return err
	}
	next.parts = &parts{library: s.library, folder: folder, index: source.Index}
	if len(folder.Data) > 0 {
		_, err = next.parts.need(ctx, func(policy.Policy) bool { return false })
	}
	return err
}

func (s *Sets) tell(ctx context.Context, source Source, now state) {
	if now.err != nil {
		what := "policies could not be loaded; the last good ones are evaluated"
		if now.digest == "" {
			what = "policies could not be loaded and never were; runs are stopped"
		}
		s.log.ErrorContext(ctx, what, "source", source.Name, "had", now.digest, "error", policy.Source{}.Broken(now.err).Why())
		return
	}
	s.log.InfoContext(ctx, "policies are loaded", "source", source.Name, "policies", now.count(), "digest", now.digest)
}

// Follow looks at the sources once. Nobody has to call it where none can change.
func (s *Sets) Follow(ctx context.Context) error {
	s.Refresh(ctx)
	return nil
}

// Change reports whether a source can.
func (s *Sets) Change() bool {
	return slices.ContainsFunc(s.sources, func(source Source) bool { return !source.Settings })
}

// count is how many policies there are.
func (st state) count() int {
	switch {
	case st.parts != nil:
		return len(st.parts.index)
	case st.set != nil:
		return len(st.set.Policies())
	default:
		return 0
	}
}

// Sources tells how the sources are.
func (s *Sets) Sources(ctx context.Context) []policy.Source {
	s.load(ctx)
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]policy.Source, 0, len(s.sources))
	for i, source := range s.sources {
		now := s.state[i]
		all = append(all, policy.Source{Name: source.Name, Policies: now.count(), Version: now.digest}.Broken(now.err))
	}
	return all
}

func digestOf(f policy.Folder) string {
	h := sha256.New()
	for _, file := range slices.Concat(f.Modules, f.Data) {
		_, _ = h.Write([]byte(strings.Join([]string{file.Path, string(file.Content), ""}, "\x00")))
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
