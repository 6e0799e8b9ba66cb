package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// A node is a segment of the paths. net/http's mux cannot tell {model} from
// {model}:predict.
type node struct {
	fixed  map[string]*node
	any    *node             // a segment {name}
	name   string            // of any
	routes map[string]*route // that end here, by verb
}

// add enters a route. It panics on two that no request could tell apart, which
// is a mistake in the list of routes.
func (n *node) add(r *route) {
	for segment := range strings.SplitSeq(r.path[1:], "/") {
		name, verb, isVerb := strings.Cut(segment, "}:")
		if !isVerb {
			name = strings.TrimSuffix(segment, "}")
		}
		if name == segment {
			if n.fixed == nil {
				n.fixed = map[string]*node{}
			}
			if n.fixed[segment] == nil {
				n.fixed[segment] = &node{}
			}
			n = n.fixed[segment]
		} else {
			if n.any == nil {
				n.any, n.name = &node{}, name[1:]
			}
			n = n.any
		}
		r.verb = verb
	}
	if n.routes == nil {
		n.routes = map[string]*route{}
	}
	if n.routes[r.verb] != nil {
		panic("two routes for " + r.path)
	}
	n.routes[r.verb] = r
}

// find follows the path of a call and keeps the names in it. It returns nil
// where there is no route.
func (n *node) find(c *call) *route {
	path, escaped := c.r.URL.Path, false
	if c.r.URL.RawPath != "" {
		path, escaped = c.r.URL.RawPath, true
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil
	}
	for more := true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		if next := n.fixed[segment]; next != nil {
			n = next
			continue
		}
		if n.any == nil || segment == "" {
			return nil
		}
		if escaped {
			if plain, err := url.PathUnescape(segment); err == nil {
				segment = plain // first: some clients write the colon as %3A
			}
		}
		name := n.name
		n = n.any
		if i := strings.LastIndexByte(segment, ':'); i > 0 && !more {
			if r := n.routes[segment[i+1:]]; r != nil {
				return c.keep(r, name, segment[:i])
			}
		}
		c.keep(nil, name, segment)
	}
	return n.routes[""]
}

// keep remembers a name of the path, and returns r.
func (c *call) keep(r *route, name, value string) *route {
	if name == "version" {
		c.version = value
	} else {
		c.model = value
	}
	return r
}

// find looks up the route of a call, and what its method does there.
func (s *Server) find(c *call) (handler, error) {
	if !utf8.ValidString(c.r.URL.Path) {
		return nil, badRequest("the path %q is not UTF-8", c.r.URL.Path) // no message to predict could hold it
	}
	r := s.root.find(c)
	if r == nil {
		return nil, &Error{Status: http.StatusNotFound, Code: "not_found",
			Message: fmt.Sprintf("there is nothing at %s; /docs lists what there is", c.r.URL.Path)}
	}
	c.route = r
	if r.method == c.r.Method || r.method == http.MethodGet && c.r.Method == http.MethodHead {
		return r.handle, nil
	}
	allow := r.method
	if allow == http.MethodGet {
		allow = "GET, HEAD"
	}
	return nil, &Error{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", allow: allow,
		Message: fmt.Sprintf("%s is not allowed here; allowed: %s", c.r.Method, allow)}
}
