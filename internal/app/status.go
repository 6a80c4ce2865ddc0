package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// minFreeDisk is below what the disk counts as nearly full, in bytes.
const minFreeDisk = 512 << 20

// ServerStatus is how this process is.
type ServerStatus struct {
	Version  string      `json:"version"`
	Node     string      `json:"node"`
	Started  time.Time   `json:"started"`
	Database string      `json:"database" enum:"sqlite,postgres"`
	Tool     runner.Tool `json:"tool"`
	// Addresses are where this process listens, by what.
	Addresses map[string]string `json:"addresses"`
	Checks    []ServerCheck     `json:"checks"`
}

// ServerCheck is one thing that was looked at.
type ServerCheck struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// statusAPI serves what `terrace doctor` shows.
type statusAPI struct{ app *App }

// Register implements room.
func (s statusAPI) Register(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "get-status", Method: http.MethodGet, Path: "/status",
		Summary: "How this process is: versions, addresses and checks", Tags: []string{"platform"},
		Description: "Every signed-in user may see it, with the addresses that the process listens on and the paths of the programs that it found.",
	}, s.get)
}

type statusOutput struct{ Body ServerStatus }

func (s statusAPI) get(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	return &statusOutput{Body: s.app.Status(ctx)}, nil
}

// Status looks at everything that the main job needs.
func (a *App) Status(ctx context.Context) ServerStatus {
	c := a.platform.config
	return ServerStatus{
		Version: a.platform.version, Node: c.Node, Started: a.started, Database: string(a.platform.db.Dialect()),
		Tool:      a.delivery.tool,
		Addresses: addresses(c),
		Checks: append([]ServerCheck{
			a.checkDatabase(ctx),
			a.checkDocuments(ctx),
			{Name: "terraform", OK: true, Message: a.delivery.tool.String() + " at " + a.delivery.tool.Path},
			a.checkDisk(),
			a.delivery.isolation.check(),
			checkXDS(c.XDS),
			checkProgram("redis-server", "caches run in an embedded server that keeps nothing over a restart", "install redis-server for real caches"),
			checkProgram("mariadbd", "workloads cannot have mysql databases", "install mariadb-server"),
		}, append(a.checkBrokers(ctx), checkPolicies(ctx, a.delivery)...)...),
	}
}

// addresses are where this process listens.
func addresses(c config.Config) map[string]string {
	all := map[string]string{"api": c.Listen, "gateway": c.Gateway, "gateway-http": c.GatewayHTTP, "dns": c.DNS, "nats": c.NATS}
	if c.XDS != "" {
		all["xds"] = c.XDS
	}
	return all
}

// checkXDS says whether workloads are told how calls of their stage go.
func checkXDS(address string) ServerCheck {
	if address == "" {
		return ServerCheck{Name: "xds", OK: true, Message: "nowhere: proxyless gRPC and sidecars are not told how calls go", Fix: "set xds in the configuration, such as 127.0.0.1:7083, if there are any"}
	}
	return ServerCheck{Name: "xds", OK: true, Message: "proxyless gRPC and sidecars are told how calls go at " + address}
}

func (a *App) checkDatabase(ctx context.Context) ServerCheck {
	if err := a.platform.db.Ping(ctx); err != nil {
		return ServerCheck{Name: "database", Message: "does not answer", Fix: "see the daemon's log"}
	}
	return ServerCheck{Name: "database", OK: true, Message: string(a.platform.db.Dialect()) + " answers"}
}

func (a *App) checkDisk() ServerCheck {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(a.platform.config.DataDir, &fs); err != nil {
		return ServerCheck{Name: "disk", Message: err.Error(), Fix: "check the data directory"}
	}
	free := fs.Bavail * uint64(fs.Bsize)
	check := ServerCheck{Name: "disk", OK: free >= minFreeDisk, Message: fmt.Sprintf("%d MiB free for the data directory", free>>20)}
	if !check.OK {
		check.Fix = fmt.Sprintf("free space: runs need at least %d MiB", minFreeDisk>>20)
	}
	return check
}

// checkProgram looks for a program that Terrace can do without.
func checkProgram(name, without, fix string) ServerCheck {
	path, err := exec.LookPath(name)
	if err != nil {
		if _, statErr := os.Stat("/usr/sbin/" + name); statErr == nil {
			path, err = "/usr/sbin/"+name, nil
		}
	}
	if err != nil {
		return ServerCheck{Name: name, OK: true, Message: "not found: " + without, Fix: fix}
	}
	return ServerCheck{Name: name, OK: true, Message: path}
}
