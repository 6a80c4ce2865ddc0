package app

import (
	"context"
	"net/url"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// limitsOf are the limits of a stage as the runner has them.
func limitsOf(l stage.Limits) runner.Limits {
	return runner.Limits{Memory: int64(l.Memory) << 20, Processes: l.Processes, Output: int64(l.Output) << 20, Time: time.Duration(l.Time)}
}

// limitsOfAll are those of the installation.
func limitsOfAll(c config.Config) runner.Limits {
	return limitsOf(stage.Limits{Memory: c.RunMemory, Processes: c.RunProcesses, Output: c.RunOutput, Time: c.RunTime})
}

// isolation is how runs are kept from what is not theirs.
type isolation struct {
	on bool
	// missing says why they are not.
	missing string
	// helper is the program that isolates: the provider's starts in a quarter of this one's time.
	helper string
}

func newIsolation(ctx context.Context, p *platform) (i isolation, err error) {
	i.helper = runner.ProviderProgram(p.config.DataDir, ProviderVersion)
	if i.on, i.missing, err = runner.Isolate(ctx, p.config.Isolation, i.helper); err != nil {
		return i, err
	}
	if !i.on {
		p.log.WarnContext(ctx, "runs are not isolated: the code of modules can read what this user can", "because", i.missing)
	}
	return i, nil
}

// hidden are the files outside of the data folder that no run may see.
func hidden(c config.Config) (paths []string) {
	for _, text := range append([]string{c.DatabaseURL(), c.BlobURL(), c.KeyURL()}, c.FormerKeys...) {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "file" && u.Scheme != "sqlite" || len(u.Path) < 2 {
			continue
		}
		paths = append(paths, u.Path)
		if u.Scheme == "sqlite" {
			paths = append(paths, u.Path+"-wal", u.Path+"-shm")
		}
	}
	return paths
}

func (i isolation) check() ServerCheck {
	if !i.on {
		return ServerCheck{
			Name: "isolation", OK: true, Message: "runs are not isolated, the code of modules can read what the daemon's user can: " + i.missing,
			Fix: "let the daemon's user make user, mount and process namespaces, and set isolation to auto",
		}
	}
	return ServerCheck{Name: "isolation", OK: true, Message: "runs see only what they need"}
}
