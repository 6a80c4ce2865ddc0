// Package sourceapi serves delivery/source over HTTP.
//
// It owns the wire: paths, bodies, and the header with which an admin changes by
// hand what belongs to a source. It decides nothing about sources.
package sourceapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/source"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// OverrideHeader carries why an admin changes by hand what belongs to a source.
const OverrideHeader = "Terrace-Override"

// Override takes the reason of the header along.
func Override(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reason := r.Header.Get(OverrideHeader); reason != "" {
			r = r.WithContext(source.WithOverride(r.Context(), reason[:min(len(reason), 1000)]))
		}
		next.ServeHTTP(w, r)
	})
}

// API serves sources.
type API struct {
	Sources *source.Service
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "How a source stands.", source.Waiting, source.Ready, source.Running, source.Failed, source.Held)
	httpserver.Enum(api, "What an object is.", source.StageKind, source.DefinitionKind, source.WorkloadKind, source.GatewayKind, source.MeshKind)
	httpserver.Enum(api, "How an object stands; empty when it was removed.", source.Synced, source.Progressing, source.Broken, source.Drifted, source.Orphaned, source.Stopped, "")
	httpserver.Enum(api, "What becomes of a document.", source.DocumentCreated, source.DocumentChanged, source.DocumentUnchanged, source.DocumentDeleted)
	httpserver.Enum(api, "How a build stands.", build.Queued, build.Building, build.Succeeded, build.Failed)
	httpserver.Enum(api, "What is to be done with an object.", source.Nothing, source.Create, source.Update, source.Heal, source.Delete)
	register := func(id, method, path, summary string) huma.Operation {
		op := huma.Operation{OperationID: id, Method: method, Path: "/sources" + path, Summary: summary, Tags: []string{"sources"}}
		if method == http.MethodPost {
			op.DefaultStatus = http.StatusOK
		}
		return op
	}
	httpserver.Register(api, register("add-source", http.MethodPost, "", "Make a repository the source of truth"), a.add)
	httpserver.Register(api, register("list-sources", http.MethodGet, "", "List the sources, by name"), a.list)
	httpserver.Register(api, register("get-source", http.MethodGet, "/{source}", "Get a source with the state of each of its objects"), a.get)
	httpserver.Register(api, register("diff-source", http.MethodGet, "/{source}/diff", "Tell what a reconciliation would do now"), a.diff)
	httpserver.Register(api, register("sync-source", http.MethodPost, "/{source}/sync", "Reconcile a source at once, and try runs that failed again"), a.sync)
	httpserver.Register(api, register("allow-source", http.MethodPost, "/{source}/allowances", "Let the removals of one commit through"), a.allow)
	httpserver.Register(api, register("trust-source", http.MethodPut, "/{source}/daemon-rights", "Say whether the stages of a source may have what is done with the rights of the daemon"), a.trust)
	httpserver.Register(api, register("trust-source-builds", http.MethodPut, "/{source}/builds", "Say whether Terrace may build the folders that the workloads of a source have as images"), a.trustBuilds)
	httpserver.Register(api, register("remove-source", http.MethodDelete, "/{source}", "Forget a source; what it brought about stays"), a.remove)
}

// SourcePath names one source.
type SourcePath struct {
	Source string `path:"source" maxLength:"63" doc:"The source's name."`
}

type sourceOutput struct {
	Body source.Source
}

type addInput struct {
	Body struct {
		Name              string         `json:"name" maxLength:"63"`
		Project           string         `json:"project,omitempty" maxLength:"63" doc:"The project whose workloads it has; empty for stages, definitions and the workloads of all projects."`
		RepositoryProject string         `json:"repositoryProject" maxLength:"63" doc:"The project of the repository."`
		Repository        string         `json:"repository" maxLength:"63" doc:"The repository's name."`
		Branch            string         `json:"branch,omitempty" maxLength:"200" doc:"main by default."`
		Path              string         `json:"path,omitempty" maxLength:"500" doc:"The folder in which the layout begins; empty is the root."`
		Prune             bool           `json:"prune,omitempty" doc:"Remove objects whose files are gone."`
		NoHeal            bool           `json:"noHeal,omitempty" doc:"Only tell of objects that were changed by hand, and leave them."`
		Interval          stage.Duration `json:"interval,omitempty" doc:"How often it is reconciled when nothing is pushed; 1m by default." example:"1m"`
		MaxDeletes        int            `json:"maxDeletes,omitempty" minimum:"0" doc:"How many objects are removed at once without a person's word; 5 by default."`
		MaxDeletePercent  int            `json:"maxDeletePercent,omitempty" minimum:"0" maximum:"100" doc:"How many of a hundred objects are removed at once without a person's word; 20 by default."`
		Builds            bool           `json:"builds,omitempty" doc:"Let Terrace build the folders that its workloads have as images; an admin's word."`
		BuildTime         stage.Duration `json:"buildTime,omitempty" doc:"How long one folder may be built; what the configuration says by default." example:"20m"`
		Signers           string         `json:"signers,omitempty" maxLength:"65536" doc:"The allowed signers of commits, as ssh-keygen reads them; empty takes commits without a signature."`
	}
}

func (a API) add(ctx context.Context, in *addInput) (*sourceOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	b := in.Body
	n, err := a.Sources.Add(ctx, scope, source.Source{
		Name: b.Name, Project: b.Project, RepositoryProject: b.RepositoryProject, Repository: b.Repository, Branch: b.Branch, Path: b.Path, Prune: b.Prune,
		NoHeal: b.NoHeal, Interval: b.Interval, Guard: source.Guard{Count: b.MaxDeletes, Percent: b.MaxDeletePercent}, Signers: b.Signers, Builds: b.Builds, BuildTime: b.BuildTime,
	})
	return answer(n, err)
}

func answer(n source.Source, err error) (*sourceOutput, error) {
	if err != nil {
		return nil, err
	}
	return &sourceOutput{Body: n}, nil
}

type listInput struct{ httpserver.PageParams }

type listOutput struct {
	Body kernel.Page[source.Source]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Sources.List(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: page}, nil
}

type detailsOutput struct {
	Body source.Details
}

func (a API) get(ctx context.Context, in *SourcePath) (*detailsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	d, err := a.Sources.Get(ctx, scope, in.Source)
	if err != nil {
		return nil, err
	}
	return &detailsOutput{Body: d}, nil
}

type diffOutput struct {
	Body source.Diff
}

func (a API) diff(ctx context.Context, in *SourcePath) (*diffOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	d, err := a.Sources.Diff(ctx, scope, in.Source)
	if err != nil {
		return nil, err
	}
	return &diffOutput{Body: d}, nil
}

func (a API) sync(ctx context.Context, in *SourcePath) (*sourceOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return answer(a.Sources.Sync(ctx, scope, in.Source))
}

type allowInput struct {
	SourcePath
	Body struct {
		Commit string `json:"commit" minLength:"7" maxLength:"64" doc:"The commit whose removals are meant; its beginning is enough."`
		Reason string `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (a API) allow(ctx context.Context, in *allowInput) (*sourceOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return answer(a.Sources.Allow(ctx, scope, in.Source, in.Body.Commit, in.Body.Reason))
}

// TrustSourceRequest is the body of a word about a source: that its stages may start
// programs on the daemon's machine and name files and variables of it.
type TrustSourceRequest struct {
	Trusted bool   `json:"trusted" doc:"Whether it is trusted from now on."`
	Reason  string `json:"reason" minLength:"1" maxLength:"1000"`
}

type trustInput struct {
	SourcePath
	Body TrustSourceRequest
}

func (a API) trust(ctx context.Context, in *trustInput) (*sourceOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return answer(a.Sources.Trust(ctx, scope, in.Source, in.Body.Trusted, in.Body.Reason))
}

// TrustSourceBuildsRequest is the body of the word that Terrace may build a source's
// folders.
type TrustSourceBuildsRequest struct {
	Trusted   bool           `json:"trusted" doc:"Whether it is trusted from now on."`
	BuildTime stage.Duration `json:"buildTime,omitempty" doc:"How long one folder may be built; what the configuration says by default." example:"20m"`
	Reason    string         `json:"reason" minLength:"1" maxLength:"1000"`
}

type trustBuildsInput struct {
	SourcePath
	Body TrustSourceBuildsRequest
}

func (a API) trustBuilds(ctx context.Context, in *trustBuildsInput) (*sourceOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return answer(a.Sources.TrustBuilds(ctx, scope, in.Source, in.Body.Trusted, in.Body.BuildTime, in.Body.Reason))
}

func (a API) remove(ctx context.Context, in *SourcePath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Sources.Remove(ctx, scope, in.Source)
}
