package localapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// registerBackups registers the operations for backups.
func (a API) registerBackups(api huma.API) {
	operation := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/backups" + path, Summary: summary, Tags: []string{"backups"}}
	}
	httpserver.Register(api, operation("list-backups", http.MethodGet, "", "List the backups of caches and databases of the local target, the newest first"), a.backups)
	httpserver.Register(api, operation("create-backup", http.MethodPost, "", "Back up a cache or a database of the local target"), a.backUp)
	httpserver.Register(api, operation("restore-backup", http.MethodPost, "/{backup}/restoration", "Have a cache or a database have what a backup has; what it had is backed up first"), a.restore)
}

type backupsInput struct {
	httpserver.PageParams

	Project string     `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string     `query:"stage" maxLength:"63" doc:"Only those of this stage."`
	Kind    local.Kind `query:"kind" maxLength:"63" doc:"Only those of this kind: caches or mysql-databases."`
	Name    string     `query:"name" maxLength:"63" doc:"Only those of what has this name."`
}

type backupsOutput struct{ Body kernel.Page[local.Backup] }

type backupOutput struct{ Body local.Backup }

func (a API) backups(ctx context.Context, in *backupsInput) (*backupsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Service.ListBackups(ctx, scope.InStage(in.Stage), local.BackupFilter{Kind: in.Kind, Name: in.Name}, in.Page())
	if err != nil {
		return nil, err
	}
	return &backupsOutput{page}, nil
}

type backUpInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Body    struct {
		Stage string     `json:"stage" minLength:"1" maxLength:"63"`
		Kind  local.Kind `json:"kind" minLength:"1" maxLength:"63" doc:"caches or mysql-databases."`
		Name  string     `json:"name" minLength:"1" maxLength:"63" doc:"The resource's name."`
	}
}

func (a API) backUp(ctx context.Context, in *backUpInput) (*backupOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	b, err := a.Service.Backup(ctx, scope.InStage(in.Body.Stage), in.Body.Kind, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &backupOutput{b}, nil
}

type restoreInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Backup  string `path:"backup" maxLength:"64" doc:"The backup's id."`
	Body    struct {
		Stage string `json:"stage" minLength:"1" maxLength:"63" doc:"The stage of the backup."`
		Into  string `json:"into,omitempty" maxLength:"63" doc:"Another resource of the same kind at the stage; that of the backup by default."`
	}
}

func (a API) restore(ctx context.Context, in *restoreInput) (*backupOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	before, err := a.Service.RestoreBackup(ctx, scope.InStage(in.Body.Stage), in.Backup, in.Body.Into)
	if err != nil {
		return nil, err
	}
	return &backupOutput{before}, nil
}
