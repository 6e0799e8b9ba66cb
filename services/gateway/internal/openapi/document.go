package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// document is what the page shows of the OpenAPI document.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Tags []struct {
		Name, Description string
	}
	Paths      orderedPaths
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]content
	} `json:"requestBody"`
	Responses map[string]response

	Method, Path string `json:"-"`
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name, In    string
	Description string
	Required    bool
	Example     any
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]content
}

type content struct {
	Examples map[string]struct {
		Summary string
		Value   json.RawMessage
	}
	Example json.RawMessage
}

// orderedPaths are the operations in the order of the document, which a map
// would lose.
type orderedPaths []operation

func (p *orderedPaths) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		path, err := d.Token()
		if err != nil {
			return err
		}
		var methods map[string]operation
		if err := d.Decode(&methods); err != nil {
			return err
		}
		for _, method := range []string{"get", "post"} {
			if o, ok := methods[method]; ok {
				o.Method, o.Path = strings.ToUpper(method), path.(string)
				*p = append(*p, o)
			}
		}
	}
	return nil
}

type group struct {
	Name, Description string
	Operations        []operation
}

// groups are the operations by tag, references resolved.
func (d *document) groups() []group {
	var all []group
	for _, tag := range d.Tags {
		g := group{Name: tag.Name, Description: tag.Description}
		for _, o := range d.Paths {
			if slices.Contains(o.Tags, tag.Name) {
				g.Operations = append(g.Operations, d.resolve(o))
			}
		}
		all = append(all, g)
	}
	return all
}

func (d *document) resolve(o operation) operation {
	o.Parameters = slices.Clone(o.Parameters)
	for i, p := range o.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			o.Parameters[i] = d.Components.Parameters[name]
		}
	}
	responses := map[string]response{}
	for status, r := range o.Responses {
		if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
			r = d.Components.Responses[name]
		}
		responses[status] = r
	}
	o.Responses = responses
	return o
}

// Body returns an example of the request's body, "" where it takes none.
func (o operation) Body() string {
	if o.RequestBody == nil {
		return ""
	}
	return o.RequestBody.Content["application/json"].example()
}

// Answer returns an example of a response's body.
func (r response) Answer() string { return r.Content["application/json"].example() }

// example returns the first example, indented.
func (c content) example() string {
	value := c.Example
	names := make([]string, 0, len(c.Examples))
	for name := range c.Examples {
		names = append(names, name)
	}
	slices.Sort(names)
	if value == nil && len(names) > 0 {
		value = c.Examples[names[0]].Value
	}
	var out bytes.Buffer
	if value == nil || json.Indent(&out, value, "", "  ") != nil {
		return ""
	}
	return out.String()
}
