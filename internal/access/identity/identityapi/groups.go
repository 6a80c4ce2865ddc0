package identityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerGroups(api huma.API) {
	httpserver.Register(api, operation("list-groups", http.MethodGet, "/groups", "List the tenant's groups"), a.groups)
	httpserver.Register(api, operation("create-group", http.MethodPost, "/groups", "Add a group"), a.createGroup)
	httpserver.Register(api, operation("delete-group", http.MethodDelete, "/groups/{group}", "Remove a group with its grants"), a.deleteGroup)
	httpserver.Register(api, operation("list-group-members", http.MethodGet, "/groups/{group}/members", "List who is in a group"), a.groupMembers)
	httpserver.Register(api, operation("add-group-member", http.MethodPut, "/groups/{group}/members/{user}", "Put a user into a group"), a.addGroupMember)
	httpserver.Register(api, operation("remove-group-member", http.MethodDelete, "/groups/{group}/members/{user}", "Take a user out of a group"), a.removeGroupMember)
}

// Group is a set of users that roles are granted to.
type Group struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	About     string    `json:"about,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	Members   int       `json:"members" doc:"How many users are in it."`
}

func groupOf(g identity.Group) Group {
	return Group{ID: g.ID, Name: g.Name, About: g.About, CreatedAt: g.CreatedAt, Members: g.Members}
}

func (a API) groups(ctx context.Context, in *struct{ httpserver.PageParams }) (*answer[kernel.Page[Group]], error) {
	return answered(ctx, "", pages(groupOf), func(scope kernel.Scope) (kernel.Page[identity.Group], error) {
		return a.Service.Groups(ctx, scope, in.Page())
	})
}

func (a API) createGroup(ctx context.Context, in *struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"64"`
		About string `json:"about,omitempty" maxLength:"256" doc:"What it is for."`
	}
},
) (*answer[Group], error) {
	return answered(ctx, "", groupOf, func(scope kernel.Scope) (identity.Group, error) {
		return a.Service.CreateGroup(ctx, scope, in.Body.Name, in.Body.About)
	})
}

type groupPath struct {
	Group string `path:"group" maxLength:"64" doc:"The group's name."`
}

func (a API) deleteGroup(ctx context.Context, in *groupPath) (*struct{}, error) {
	return done(ctx, func(scope kernel.Scope) error { return a.Service.DeleteGroup(ctx, scope, in.Group) })
}

// GroupMember is a user in a group.
type GroupMember struct {
	User    string    `json:"user"`
	Source  string    `json:"source" doc:"Who says so: local, or the name of an upstream."`
	AddedAt time.Time `json:"addedAt"`
}

func memberOf(m identity.GroupMember) GroupMember {
	return GroupMember{User: m.User, Source: m.Source, AddedAt: m.AddedAt}
}

func (a API) groupMembers(ctx context.Context, in *struct {
	Group string `path:"group" maxLength:"64" doc:"The group's name."`
	httpserver.PageParams
},
) (*answer[kernel.Page[GroupMember]], error) {
	return answered(ctx, "", pages(memberOf), func(scope kernel.Scope) (kernel.Page[identity.GroupMember], error) {
		return a.Service.GroupMembers(ctx, scope, in.Group, in.Page())
	})
}

type groupMemberInput struct {
	Group string `path:"group" maxLength:"64" doc:"The group's name."`
	User  string `path:"user" maxLength:"64" doc:"The user's name."`
}

func (a API) addGroupMember(ctx context.Context, in *groupMemberInput) (*struct{}, error) {
	return done(ctx, func(scope kernel.Scope) error { return a.Service.AddToGroup(ctx, scope, in.Group, in.User) })
}

func (a API) removeGroupMember(ctx context.Context, in *groupMemberInput) (*struct{}, error) {
	return done(ctx, func(scope kernel.Scope) error { return a.Service.RemoveFromGroup(ctx, scope, in.Group, in.User) })
}
