// Package access has the commands about who may do what: terrace user,
// token, project, member and audit.
//
// It owns their flags and tables. Rights are decided by the server.
package access

import (
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// Commands returns terrace user, token, project and member.
func Commands(e *command.Env) []*cobra.Command {
	return []*cobra.Command{
		command.Group("user", "Create users, see them, keep them out and change your password",
			createUser(e), listUsers(e), disableUser(e), enableUser(e), changePassword(e)),
		command.Group("token", "Make personal tokens for programs, see and end them", createToken(e), listTokens(e), revokeToken(e)),
		command.Group("project", "Create projects, see them and set their tags", createProject(e), listProjects(e), setTags(e)),
		command.Group("member", "Give users a role in a project", setMember(e), listMembers(e)),
	}
}
