package apispecapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerFollowed(api huma.API) {
	follow := operation("follow-api-repository", http.MethodPut, "/projects/{project}/api-repositories/{repository}", "Follow the OpenAPI documents of a repository")
	follow.Description = "What its branch has now is taken at once; of a repository that is followed it is taken again. What is wrong with its files is in problems."
	httpserver.Register(api, follow, a.follow)
	httpserver.Register(api, operation("list-api-repositories", http.MethodGet, "/projects/{project}/api-repositories", "List the repositories whose OpenAPI documents are followed"), a.followed)
	httpserver.Register(api, operation("unfollow-api-repository", http.MethodDelete, "/projects/{project}/api-repositories/{repository}", "Follow the documents of a repository no longer; what was taken stays"), a.unfollow)
}

// RepositoryPath is the path of a repository.
type RepositoryPath struct {
	ProjectPath
	Repository string `path:"repository" maxLength:"63" doc:"The repository's name."`
}

type followInput struct {
	RepositoryPath
	Body struct {
		Branch string `json:"branch,omitempty" maxLength:"250" doc:"The branch that is followed; the repository's default one unless given."`
		File   string `json:"file,omitempty" maxLength:"500" doc:"The file in which the repository says which APIs it has; apis.yaml unless given."`
	}
}

type followOutput struct{ Body apispecvcs.Following }

func (a API) follow(ctx context.Context, in *followInput) (*followOutput, error) {
	f, err := a.Repositories.Follow(ctx, in.scope(ctx), in.Repository, in.Body.Branch, in.Body.File)
	return &followOutput{Body: f}, err
}

type followedOutput struct {
	Body struct {
		Repositories []apispecvcs.Following `json:"repositories" doc:"By name."`
	}
}

func (a API) followed(ctx context.Context, in *ProjectPath) (*followedOutput, error) {
	all, err := a.Repositories.Followed(ctx, in.scope(ctx))
	out := &followedOutput{}
	out.Body.Repositories = all
	return out, err
}

func (a API) unfollow(ctx context.Context, in *RepositoryPath) (*struct{}, error) {
	return nil, a.Repositories.Unfollow(ctx, in.scope(ctx), in.Repository)
}
