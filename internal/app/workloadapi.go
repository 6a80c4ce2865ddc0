package app

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/workloadapi"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// workloadAPI tells the processes of this machine which workload they are.
type workloadAPI struct {
	// api is nil where it is off.
	api *workloadapi.Service
	// processes are those of the local target.
	processes workloadapi.Processes
	listener  *workloadapi.Listener
}

func newWorkloadAPI(p *platform, f *fabric) (w *workloadAPI, err error) {
	w = &workloadAPI{}
	if p.config.WorkloadSocket() == "" {
		return w, nil
	}
	w.api, err = workloadapi.New(workloadapi.Config{Issuer: f.pki, Trust: f.workloads, Processes: w, Log: p.log})
	return w, err
}

// Workload implements workloadapi.Processes.
func (w *workloadAPI) Workload(pid int) (kernel.Scope, string, bool) {
	return w.processes.Workload(pid)
}

// listen opens the socket; it does so before any process is started that may ask.
func (w *workloadAPI) listen(ctx context.Context, p *platform) (err error) {
	if w.api != nil {
		w.listener, err = w.api.Listen(ctx, p.config.WorkloadSocket())
	}
	return err
}

// path is where the socket is, "" where there is none.
func (w *workloadAPI) path() string {
	if w.listener == nil {
		return ""
	}
	return w.listener.Path()
}

// loops adds what keeps identities current.
func (w *workloadAPI) loops(g *supervise.Group) {
	if w.api != nil {
		g.Every("identities of workloads", workloadapi.RoundEvery, w.api.Round)
	}
}

func (w *workloadAPI) close() error {
	if w == nil || w.listener == nil {
		return nil
	}
	return w.listener.Close()
}
