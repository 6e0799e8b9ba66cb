package serve

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"

	"github.com/treehouse-ml/treehouse/services/internal/tlsfile"
)

// protected serves as a file of exporter-toolkit says. The toolkit reads it
// again for every request and connection, so that passwords and certificates
// can be replaced.
func protected(server *http.Server, config string, log *slog.Logger) func(net.Listener) error {
	if config == "" {
		return server.Serve
	}
	return func(ln net.Listener) error {
		return web.Serve(ln, server, &web.FlagConfig{WebConfigFile: &config}, log)
	}
}

// webConfig is what we ask of the toolkit's file ourselves.
type webConfig struct {
	TLS struct {
		MinVersion string   `yaml:"min_version"`
		Suites     []string `yaml:"cipher_suites"`
		Cert       string   `yaml:"cert"`
		CertFile   string   `yaml:"cert_file"`
	} `yaml:"tls_server_config"`
	Users map[string]string `yaml:"basic_auth_users"`
}

const maxConfig = 1 << 20 // bytes

func readConfig(path string) (c webConfig, err error) {
	file, err := os.Open(path) //nolint:gosec // the operator's own flag
	if err != nil {
		return c, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxConfig+1))
	if err == nil && len(data) > maxConfig {
		err = fmt.Errorf("more than %d bytes", maxConfig)
	}
	if err == nil {
		err = yaml.Unmarshal(data, &c)
	}
	return c, err
}

// checkConfig refuses a file that the toolkit could not use, that protects
// nothing, or that leaves on what no listener of ours speaks: the toolkit's own
// choice has the suites of TLS 1.2 with CBC.
func checkConfig(path string) error {
	if path == "" {
		return nil
	}
	if err := web.Validate(path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c, err := readConfig(path)
	switch encrypted := c.TLS.Cert != "" || c.TLS.CertFile != ""; {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case !encrypted && len(c.Users) == 0:
		return fmt.Errorf("%s: neither tls_server_config nor basic_auth_users: expected one or both", path)
	case !encrypted || c.TLS.MinVersion == "TLS13":
		return nil
	case c.TLS.MinVersion != "" && c.TLS.MinVersion != "TLS12":
		return fmt.Errorf("%s: min_version is %s; expected TLS12 or TLS13", path, c.TLS.MinVersion)
	case len(c.TLS.Suites) == 0:
		return fmt.Errorf("%s: TLS 1.2 with the library's own choice of suites, old ones among them; expected min_version: TLS13, or cipher_suites", path)
	}
	for _, name := range c.TLS.Suites {
		if !tlsfile.Modern(name) {
			return fmt.Errorf("%s: cipher_suites has %s; expected only suites with forward secrecy and authenticated encryption", path, name)
		}
	}
	return nil
}

// trusted refuses who comes over the network without having shown who they are.
// On this machine is, in a pod, whoever may exec or forward a port.
func (a Admin) trusted(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !local(r) && !a.authenticated(r) {
			text(w, http.StatusForbidden, "only from this machine, or for who has shown a password or a certificate that --admin-config asks for")
			return
		}
		next(w, r)
	}
}

func local(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// authenticated reports whether the toolkit has let in a request because of who
// sends it: without users a password is not looked at.
func (a Admin) authenticated(r *http.Request) bool {
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		return true
	}
	if _, _, shown := r.BasicAuth(); !shown || a.Config == "" {
		return false
	}
	c, err := readConfig(a.Config)
	return err == nil && len(c.Users) > 0
}
