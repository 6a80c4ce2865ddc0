// Package access has the commands about who may do what: terrace user,
// token, project, access, auth, group and service-account.
//
// It owns their flags and tables. Rights are decided by the server.
package access

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Commands returns terrace user, token, project, access, auth, group and service-account.
func Commands(e *command.Env) []*cobra.Command {
	return []*cobra.Command{
		command.Group("user", "Create users, see them, keep them out and change your password",
			createUser(e), listUsers(e), disableUser(e), enableUser(e), deleteUser(e), changePassword(e), resetPassword(e)),
		command.Group("token", "Make personal tokens for programs, see and end them", createToken(e), listTokens(e), revokeToken(e)),
		command.Group("project", "Create projects, see them and set their tags", createProject(e), listProjects(e), setTags(e)),
		command.Group("access", "Give users, groups and service accounts roles, and see who has which", grantRole(e), revokeRole(e), listGrants(e),
			elevate(e), listElevations(e), approveElevation(e), endElevation(e), approvers(e)),
		command.Group("auth", "See why somebody may do something and where you are signed in, say which programs people sign in to, with what beside a password, with which other providers, and whose tokens are trusted",
			why(e), listActions(e), clients(e), keys(e), trusts(e), factors(e), sessions(e), upstreams(e)),
		command.Group("group", "Make groups, which roles are granted to, and see who is in them",
			createGroup(e), listGroups(e), groupMembers(e), addMember(e), removeMember(e), deleteGroup(e)),
		command.Group("service-account", "Make accounts for programs, see them and keep them out",
			createService(e), listServices(e), disableService(e), enableService(e), deleteService(e)),
	}
}
