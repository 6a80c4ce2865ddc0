package clitest

import (
	"encoding/json"
	"net/http"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Password is the present password of the user.
const Password = "correct horse battery"

func shop() apiclient.Project { return apiclient.Project{Name: "shop", CostCenter: "1", Owner: "o"} }

func (s *Server) password(w http.ResponseWriter, r *http.Request) {
	var in apiclient.ChangePasswordRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Next == "" {
		refuse(w, http.StatusUnprocessableEntity, kernel.Invalid, "the new password is too short", "")
		return
	}
	if in.Present != Password {
		refuse(w, http.StatusForbidden, kernel.Denied, "the present password is wrong", "")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) tags(w http.ResponseWriter, r *http.Request) {
	var in apiclient.SetProjectTagsRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		refuse(w, http.StatusUnprocessableEntity, kernel.Invalid, err.Error(), "")
		return
	}
	p := shop()
	p.CostCenter, p.Owner = in.CostCenter, in.Owner
	reply(w, p)
}
