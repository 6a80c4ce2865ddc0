package runapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerRuns(api huma.API) {
	httpserver.Register(api, operation("list-runs", http.MethodGet, "/runs", "runs", "List runs, the newest first"), a.list)
	httpserver.Register(api, operation("get-run", http.MethodGet, "/runs/{id}", "runs", "Get a run"), a.get)
	httpserver.Register(api, operation("get-dossier", http.MethodGet, "/runs/{id}/dossier", "runs", "Get what an approver needs to know about a run"), a.dossier)
	httpserver.Register(api, operation("get-dossier-content", http.MethodGet, "/runs/{id}/dossier/content", "runs", "Get the whole dossier, byte for byte as its digest is of it"), a.dossierContent)
	httpserver.Register(api, operation("get-root-module", http.MethodGet, "/runs/{id}/root", "runs", "Get the Terraform root module that a run plans and applies"), a.root)
	httpserver.Register(api, operation("explain-run", http.MethodGet, "/runs/{id}/explanation", "runs", "Tell why a run is where it is, and what to do next"), a.explain)
	events := operation("stream-run-events", http.MethodGet, "/runs/{id}/events", "runs", "Stream a run's log, one event a line")
	events.Description = "With follow the stream goes on until the run has ended."
	httpserver.Register(api, httpserver.LinesOperation[run.Event](api, events), a.events)
}

type listInput struct {
	ProjectPath
	httpserver.PageParams
	Workload string     `query:"workload" maxLength:"63" doc:"Only of this workload."`
	Stage    string     `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Status   run.Status `query:"status" doc:"Only with this status."`
}

type listOutput struct {
	Body kernel.Page[run.Run]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Runs.List(ctx, scope, run.Filter{Workload: in.Workload, Stage: in.Stage, Status: in.Status}, in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: page}, nil
}

type runOutput struct {
	Body run.Run
}

func (a API) get(ctx context.Context, in *RunPath) (*runOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	r, err := a.Runs.See(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &runOutput{Body: r}, nil
}

type dossierInput struct {
	RunPath
	Cursor string `query:"cursor" maxLength:"16" doc:"The next of the page before."`
	Limit  int    `query:"limit" minimum:"0" maximum:"1000" doc:"How many changes of resources at most; 200 without it."`
}

type dossierOutput struct {
	Body struct {
		Digest  kernel.Digest `json:"digest" doc:"What an approval has to name."`
		Dossier run.Dossier   `json:"dossier"`
		Changes int           `json:"changes" doc:"How many changes of resources the dossier has."`
		Size    int           `json:"size" doc:"The size of the dossier in bytes of JSON."`
		Next    string        `json:"next,omitempty" doc:"The cursor of the next page of changes; absent on the last."`
		Omitted int           `json:"omitted,omitempty" doc:"How much is left out of the other lists and of single changes; the content has it."`
	}
}

func (a API) dossier(ctx context.Context, in *dossierInput) (*dossierOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	p, err := a.Runs.DossierPage(ctx, scope, in.ID, kernel.PageRequest{Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &dossierOutput{}
	out.Body.Digest, out.Body.Dossier, out.Body.Changes = p.Digest, p.Dossier, p.Changes
	out.Body.Size, out.Body.Next, out.Body.Omitted = p.Size, p.Next, p.Omitted
	return out, nil
}

type contentOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a API) dossierContent(ctx context.Context, in *RunPath) (*contentOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	raw, _, err := a.Runs.DossierContent(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &contentOutput{ContentType: "application/json", Body: raw}, nil
}

type rootOutput struct {
	Body struct {
		Digest kernel.Digest     `json:"digest" doc:"What the dossier names as rootDigest."`
		Files  map[string]string `json:"files" doc:"The content of each file by its name."`
	}
}

func (a API) root(ctx context.Context, in *RunPath) (*rootOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	root, err := a.Runs.GetRoot(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	out := &rootOutput{}
	out.Body.Digest, out.Body.Files = root.Digest, make(map[string]string, len(root.Files))
	for name, content := range root.Files {
		out.Body.Files[name] = string(content)
	}
	return out, nil
}

type explanationOutput struct {
	Body run.Explanation
}

func (a API) explain(ctx context.Context, in *RunPath) (*explanationOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	x, err := a.Runs.Explain(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &explanationOutput{Body: x}, nil
}

type eventsInput struct {
	RunPath
	Follow bool `query:"follow" doc:"Go on until the run has ended."`
}

func (a API) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	log, err := a.Runs.RunLog(ctx, scope, in.ID)
	if err != nil {
		return nil, err // before the stream begins, so that it is a proper answer
	}
	return httpserver.Lines(ctx, func(w io.Writer) error {
		return log.Events(ctx, in.Follow, func(lines []byte) error {
			if lines = whole(lines); len(lines) == 0 {
				return nil
			}
			_, err := w.Write(lines)
			return err
		})
	}), nil
}

// whole is the lines without those that a crash left half.
func whole(lines []byte) []byte {
	var kept []byte
	at, half := 0, false
	for line := range bytes.Lines(lines) {
		valid := json.Valid(line)
		if !valid && !half {
			kept, half = bytes.Clone(lines[:at]), true
		}
		if valid && half {
			kept = append(kept, line...)
		}
		at += len(line)
	}
	if !half {
		return lines
	}
	return kept
}
