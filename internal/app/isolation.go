package app

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// limitsOf are the limits of a stage as the runner has them.
func limitsOf(l stage.Limits) runner.Limits {
	return runner.Limits{Memory: int64(l.Memory) << 20, Processes: l.Processes, Disk: int64(l.Disk) << 20, Output: int64(l.Output) << 20, Time: time.Duration(l.Time)}
}

// limitsOfAll are those of the installation.
func limitsOfAll(c config.Config) runner.Limits {
	return limitsOf(stage.Limits{Memory: c.RunMemory, Processes: c.RunProcesses, Disk: c.RunDisk, Output: c.RunOutput, Time: c.RunTime})
}

// isolation is how runs are kept from what is not theirs.
type isolation struct {
	on bool
	// missing says why they are not.
	missing string
	// helper is the program that isolates: the provider's starts in a quarter of a daemon's time.
	helper string
	// spawner starts what is isolated.
	spawner *confine.Spawner
}

// newIsolation finds out whether the helper, "" for this program, can isolate.
func newIsolation(ctx context.Context, way, helper, dataDir string, log *slog.Logger) (i isolation, err error) {
	if dataDir, err = filepath.Abs(dataDir); err != nil {
		return i, err
	}
	plans, name := runner.Plans(dataDir)
	i.helper, i.spawner = helper, &confine.Spawner{Helper: helper, Remains: confine.Remains{Folder: plans, Name: name, Lock: lockFile(dataDir)}}
	if i.on, i.missing, err = runner.Isolate(ctx, way, helper); err != nil {
		return i, err
	}
	if !i.on {
		log.WarnContext(ctx, "runs are not isolated: the code of modules can read what this user can", "because", i.missing)
	}
	return i, nil
}

// hidden are the files outside of the data folder that no run may see, unless a
// variable of it names them. The stages are those of now: trusted sources bring more.
func hidden(c config.Config, stages []stage.Stage, environ []string) []string {
	paths := append(append(stored(c), signInFiles(environ)...), clientFolders(environ)...)
	paths = append(paths, c.File, c.DatabaseFile, c.GatewayRedisFile, c.PolicyTokenFile, c.PKI)
	for _, st := range stages {
		paths = append(paths, st.GitOps.TokenFile)
		for _, check := range st.Verify {
			if check.Prometheus != nil {
				paths = append(paths, check.Prometheus.TokenFile)
			}
		}
	}
	return slices.DeleteFunc(paths, func(path string) bool { return !filepath.IsAbs(path) })
}

// signInFiles are the files by which this process, or a run of it, signs in to a cloud.
func signInFiles(environ []string) (paths []string) {
	for _, entry := range environ {
		name, path, _ := strings.Cut(entry, "=")
		name = strings.TrimPrefix(name, planPrefix)
		if !strings.HasPrefix(name, "ARM_") && !strings.HasPrefix(name, "AZURE_") {
			continue
		}
		info, err := os.Stat(path)
		if err == nil && (info.Mode().IsRegular() || name == "AZURE_CONFIG_DIR") {
			paths = append(paths, path)
		}
	}
	return paths
}

// clientFolders are where the client keeps tokens, that of the owner of this machine's
// server too, where variables put them outside of the home. They are whole folders, in
// which the client makes files as it needs them.
func clientFolders(environ []string) (paths []string) {
	for _, entry := range environ {
		name, base, _ := strings.Cut(entry, "=")
		if name == "XDG_STATE_HOME" || name == "XDG_CONFIG_HOME" {
			paths = append(paths, filepath.Join(base, "terrace"))
		}
	}
	return paths
}

// stored are where what is kept is outside of the data folder.
func stored(c config.Config) (paths []string) {
	for _, text := range append([]string{c.DatabaseURL(), c.BlobURL(), c.KeyURL(), c.TenantKeysURL()}, c.FormerKeys...) {
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
