// Package mysql runs MariaDB servers and makes databases with users on them.
//
// It owns how a server is installed into a folder, started, probed and stopped,
// and its administrator, whose password is new at every start and stays in this
// process. It does not know who uses a database, nor where its password is kept.
package mysql

import (
	"os/exec"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Programs are MariaDB's programs on this machine.
type Programs struct {
	Server, Install string
}

// Find returns MariaDB's programs, or an error that says what to install.
func Find() (Programs, error) {
	p := Programs{
		Server:  look("mariadbd", "mysqld", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd"),
		Install: look("mariadb-install-db", "mysql_install_db"),
	}
	if p.Server == "" || p.Install == "" {
		return Programs{}, kernel.Errorf(kernel.Unavailable, "MySQL databases need MariaDB, and mariadbd or mariadb-install-db is not installed on this machine").
			WithFix("install it: apt-get install mariadb-server, dnf install mariadb-server or brew install mariadb")
	}
	return p, nil
}

func look(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
