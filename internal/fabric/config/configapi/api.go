// Package configapi serves configuration: to people below /projects/{project}/config, to
// workloads by a token of their own below /config, and flags by OFREP, OpenFeature's
// remote evaluation protocol.
//
// It owns the wire types and the streams. What counts, and for whom, is config's.
package configapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves configuration over HTTP.
type API struct {
	Configs *config.Service
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/config" + path, Summary: summary, Tags: []string{"configuration"}}
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "How the configuration stands.", config.Waiting, config.Ready, config.Invalid, config.Failed)
	httpserver.Enum(api, "How specific a layer is.", configfile.Layers()...)
	httpserver.Enum(api, "What a token opens: all values, those of secrets among them, and flags; or evaluations of flags alone.", config.AllScope, config.FlagsScope)
	httpserver.Enum(api, "Who may see a value.", configfile.Public, configfile.Internal, configfile.Secret)
	httpserver.Register(api, operation("connect-config", http.MethodPut, "/source", "Say which folder of a repository is the project's configuration"), a.connect)
	httpserver.Register(api, operation("get-config-source", http.MethodGet, "/source", "Tell where the configuration is, and how it stands"), a.source)
	httpserver.Register(api, operation("disconnect-config", http.MethodDelete, "/source", "Forget where the configuration is; the repository keeps it"), a.disconnect)
	httpserver.Register(api, operation("get-config", http.MethodGet, "/effective", "Get what counts for a workload at a stage, with its origin; secrets stay references"), a.effective)
	httpserver.Register(api, operation("explain-config", http.MethodGet, "/keys/{key}", "Explain what counts of a key or a flag: who wrote it, what it overrides, and what a context gets of a flag"), a.explain)
	httpserver.Register(api, operation("list-config-revisions", http.MethodGet, "/revisions", "List the revisions, the newest first"), a.history)
	httpserver.Register(api, operation("diff-config", http.MethodGet, "/diff", "Tell what differs between two revisions, or two stages"), a.diff)
	httpserver.Register(api, operation("roll-back-config", http.MethodPost, "/rollback", "Have the repository say again what it said at a revision, by a commit"), a.rollback)
	httpserver.Register(api, operation("evaluate-flag", http.MethodPost, "/flags/{flag}/evaluation", "Evaluate a flag as a workload at a stage would get it"), a.evaluate)
	httpserver.Register(api, operation("create-config-token", http.MethodPost, "/tokens", "Make a token with which a workload reads its configuration"), a.createToken)
	httpserver.Register(api, operation("list-config-tokens", http.MethodGet, "/tokens", "List the tokens of workloads"), a.tokens)
	httpserver.Register(api, operation("revoke-config-token", http.MethodDelete, "/tokens/{token}", "End a token of a workload"), a.revoke)
	a.registerDelivery(api)
}

// ProjectPath names the project.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

// TargetQuery names a workload at a stage.
type TargetQuery struct {
	Workload string `query:"workload" maxLength:"63" doc:"The workload; empty for one without a layer of its own."`
	Stage    string `query:"stage" maxLength:"63" required:"true" minLength:"1" doc:"The stage."`
}

func scope(ctx context.Context, project, stage string) kernel.Scope {
	return httpserver.ScopeParam{Project: project}.Scope(ctx).InStage(stage)
}

type sourceOutput struct{ Body config.Source }

type connectInput struct {
	ProjectPath
	Body struct {
		RepositoryProject string `json:"repositoryProject,omitempty" maxLength:"63" doc:"The project of the repository; this one by default."`
		Repository        string `json:"repository" minLength:"1" maxLength:"63"`
		Branch            string `json:"branch,omitempty" maxLength:"200" doc:"main by default."`
		Path              string `json:"path,omitempty" maxLength:"500" doc:"The folder; config/PROJECT by default."`
	}
}

func (a API) connect(ctx context.Context, in *connectInput) (*sourceOutput, error) {
	b := in.Body
	n, err := a.Configs.Connect(ctx, scope(ctx, in.Project, ""), config.Connection{RepositoryProject: b.RepositoryProject, Repository: b.Repository, Branch: b.Branch, Path: b.Path})
	return &sourceOutput{n}, err
}

func (a API) source(ctx context.Context, in *ProjectPath) (*sourceOutput, error) {
	n, err := a.Configs.Get(ctx, scope(ctx, in.Project, ""))
	return &sourceOutput{n}, err
}

func (a API) disconnect(ctx context.Context, in *ProjectPath) (*struct{}, error) {
	return nil, a.Configs.Disconnect(ctx, scope(ctx, in.Project, ""))
}

type effectiveInput struct {
	ProjectPath
	TargetQuery
	Revision string `query:"revision" maxLength:"64" doc:"A revision's id or the begin of its commit; the one that counts by default."`
}

type effectiveOutput struct{ Body config.View }

func (a API) effective(ctx context.Context, in *effectiveInput) (*effectiveOutput, error) {
	v, err := a.Configs.Effective(ctx, scope(ctx, in.Project, in.Stage), in.Workload, in.Revision)
	return &effectiveOutput{v}, err
}

type explainInput struct {
	ProjectPath
	TargetQuery
	Key     string `path:"key" maxLength:"600" doc:"The key, or a flag; flag:FLAG means the flag where there are both."`
	Context string `query:"context" maxLength:"8000" doc:"Attributes of who asks for a flag, such as targetingKey, as a JSON object."`
}

type explainOutput struct{ Body config.Explained }

func (a API) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	var attributes map[string]any
	if in.Context != "" && json.Unmarshal([]byte(in.Context), &attributes) != nil {
		return nil, kernel.Errorf(kernel.Invalid, "context is no JSON object").WithFix(`write it as {"targetingKey": "ada"}`)
	}
	e, err := a.Configs.Explain(ctx, scope(ctx, in.Project, in.Stage), in.Workload, in.Key, attributes)
	return &explainOutput{e}, err
}

type historyInput struct {
	ProjectPath
	httpserver.PageParams
	Key string `query:"key" maxLength:"600" doc:"Only revisions that changed this key, or flag:FLAG."`
}

type historyOutput struct {
	Body kernel.Page[config.Revision]
}

func (a API) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	page, err := a.Configs.History(ctx, scope(ctx, in.Project, ""), in.Key, in.Page())
	return &historyOutput{page}, err
}

type diffInput struct {
	ProjectPath
	From     string `query:"from" maxLength:"64" doc:"A revision; the one that counts by default, and without to and toStage the one that counted before it."`
	To       string `query:"to" maxLength:"64" doc:"A revision; the one that counts by default."`
	Workload string `query:"workload" maxLength:"63" doc:"Only for this workload."`
	Stage    string `query:"stage" maxLength:"63" doc:"Only at this stage."`
	ToStage  string `query:"toStage" maxLength:"63" doc:"Compare with this stage."`
}

// ConfigDiff is what differs.
type ConfigDiff struct {
	Changes []configfile.Change `json:"changes"`
}

type diffOutput struct{ Body ConfigDiff }

func (a API) diff(ctx context.Context, in *diffInput) (*diffOutput, error) {
	changes, err := a.Configs.Diff(ctx, scope(ctx, in.Project, ""), config.Comparison{From: in.From, To: in.To, Workload: in.Workload, Stage: in.Stage, ToStage: in.ToStage})
	if changes == nil {
		changes = []configfile.Change{}
	}
	return &diffOutput{ConfigDiff{changes}}, err
}

type rollbackInput struct {
	ProjectPath
	Body struct {
		Revision string `json:"revision" minLength:"1" maxLength:"64" doc:"A revision's id or the begin of its commit."`
		Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

type rollbackOutput struct{ Body config.RolledBack }

func (a API) rollback(ctx context.Context, in *rollbackInput) (*rollbackOutput, error) {
	r, err := a.Configs.Rollback(ctx, scope(ctx, in.Project, ""), in.Body.Revision, in.Body.Reason)
	return &rollbackOutput{r}, err
}

type evaluateInput struct {
	ProjectPath
	Flag string `path:"flag" maxLength:"127" doc:"The flag's key."`
	Body struct {
		Workload string         `json:"workload,omitempty" maxLength:"63"`
		Stage    string         `json:"stage" minLength:"1" maxLength:"63"`
		Context  map[string]any `json:"context,omitempty" doc:"Attributes of who is asking, such as targetingKey."`
	}
}

type evaluateOutput struct{ Body flag.Result }

func (a API) evaluate(ctx context.Context, in *evaluateInput) (*evaluateOutput, error) {
	r, err := a.Configs.EvaluateFlag(ctx, scope(ctx, in.Project, in.Body.Stage), in.Body.Workload, in.Flag, in.Body.Context)
	return &evaluateOutput{r}, err
}

type createTokenInput struct {
	ProjectPath
	Body struct {
		Workload string            `json:"workload" minLength:"1" maxLength:"63"`
		Stage    string            `json:"stage" minLength:"1" maxLength:"63"`
		Scope    config.TokenScope `json:"scope,omitempty" doc:"What it opens; all by default."`
		Days     int               `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"After how many days it ends; 0, the default, is never."`
	}
}

// CreatedConfigToken is a token with its secret, which is shown here alone.
type CreatedConfigToken struct {
	config.Token

	Secret string `json:"token" doc:"What the workload sends as Authorization: Bearer."`
}

type createTokenOutput struct{ Body CreatedConfigToken }

func (a API) createToken(ctx context.Context, in *createTokenInput) (*createTokenOutput, error) {
	b := in.Body
	secret, t, err := a.Configs.CreateToken(ctx, scope(ctx, in.Project, b.Stage), config.NewToken{Workload: b.Workload, Opens: b.Scope, Life: time.Duration(b.Days) * 24 * time.Hour})
	return &createTokenOutput{CreatedConfigToken{t, secret}}, err
}

type tokensInput struct {
	ProjectPath
	httpserver.PageParams
}

type tokensOutput struct {
	Body kernel.Page[config.Token]
}

func (a API) tokens(ctx context.Context, in *tokensInput) (*tokensOutput, error) {
	page, err := a.Configs.ListTokens(ctx, scope(ctx, in.Project, ""), in.Page())
	return &tokensOutput{page}, err
}

type revokeInput struct {
	ProjectPath
	Token string `path:"token" maxLength:"64" doc:"The token's id."`
}

func (a API) revoke(ctx context.Context, in *revokeInput) (*struct{}, error) {
	return nil, a.Configs.RevokeToken(ctx, scope(ctx, in.Project, ""), in.Token)
}
