package quota

import (
	"strings"
	"testing"
	"time"
)

const example = `limits:
  - name: shop
    principals: ["key:checkout", "jwt:shop-*"]
    models: [housing, "churn-*"]
    per: [principal, model]
    requests: 100/s
    rows: 1000000/h burst 20000
  - name: team
    groups: [science]
    per: group
    rows: 10/m
  - {name: everybody, per: all, requests: 5000/s}
`

func TestParse(t *testing.T) {
	rules, err := parse([]byte(example), Callers)
	if err != nil || len(rules) != 3 {
		t.Fatal(rules, err)
	}
	shop := rules[0]
	if shop.per != (per{principal: true, model: true}) || *shop.amounts[requests] != (amount{requests, 100, time.Second, "second", 100, `100;w=1;unit=requests;name="shop"`, 6}) ||
		*shop.amounts[rows] != (amount{rows, 1000000, time.Hour, "hour", 20000, `1000000;w=3600;burst=20000;unit=rows;name="shop"`, 7}) {
		t.Errorf("shop: %+v %+v %+v", shop.per, shop.amounts[requests], shop.amounts[rows])
	}
	if rules[1].per != (per{group: true}) || rules[1].amounts[requests] != nil || rules[2].per != (per{}) || !rules[2].callers.Empty() {
		t.Errorf("team %+v, everybody %+v", rules[1], rules[2])
	}
	addresses, err := parse([]byte("limits: [{name: a, requests: 1/s}]"), Addresses)
	if err != nil || addresses[0].per != (per{address: true}) {
		t.Errorf("%+v %v", addresses, err)
	}
	if none, err := parse([]byte("limits: []"), Callers); err != nil || len(none) != 0 {
		t.Errorf("an empty list: %v %v", none, err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		data string
		kind Kind
		want string
	}{
		{"", Callers, "the file is empty"},
		{"a: b", Callers, "field a not found"},
		{"limits:", Callers, "it has no limits"},
		{"limits: [{requests: 1/s}]", Callers, "limit 1, near line 1, has no name"},
		{"limits:\n- name: A", Callers, `line 2: the name is "A"`},
		{"limits:\n- name: a", Callers, "line 2: it limits neither requests nor rows"},
		{"limits:\n- name: a\n  requests: 1", Callers, `limit a: requests: line 3: "1"; expected a number and /s`},
		{"limits:\n- name: a\n  requests: ''", Callers, `line 3: ""; expected a number`},
		{"limits:\n- name: a\n  requests: -1/s", Callers, `line 3: "-1/s"; expected a number`},
		{"limits:\n- name: a\n  requests: 1/w", Callers, "expected a number and /s, /m, /h or /d"},
		{"limits:\n- name: a\n  rows: 0/s", Callers, `rows: line 3: "0/s" has the number 0; expected 1 to 1000000000`},
		{"limits:\n- name: a\n  rows: 1/s burst 9999999999", Callers, "has the number 9999999999"},
		{"limits:\n- {name: a, requests: 1/s}\n- {name: a, requests: 1/s}", Callers, "line 3: there are two limits of the name a"},
		{"limits:\n- name: a\n  requests: 1/s\n  requests: 2/s", Callers, "already defined"},
		{"limits:\n- name: a\n  requests: 1/s\n  principals: [b]", Callers, `principals: line 4: a principal is "b"`},
		{"limits:\n- name: a\n  requests: 1/s\n  models: ['a b']", Callers, `models: line 4: a name is "a b"`},
		{"limits:\n- name: a\n  requests: 1/s\n  per: address", Callers, `per: line 4: "address"; expected principal, group, model or all`},
		{"limits:\n- name: a\n  requests: 1/s\n  per: {a: b}", Callers, "line 4: found a list or a mapping; expected text"},
		{"limits:\n- name: a\n  requests: 1/s\n  per: group", Callers, "line 2: it is per group; expected groups, and no principals"},
		{"limits:\n- name: a\n  requests: 1/s\n  per: principal", Addresses, `per: line 4: "principal"; expected address`},
		{"limits:\n- name: a\n  requests: 1/s\n  per: [address, model]", Addresses, `"model"; expected address`},
		{"limits:\n- name: a\n  requests: 1/s\n  groups: [b]", Addresses, "line 2: it has principals or groups"},
		{"limits: [" + strings.Repeat("{name: a},", 101) + "]", Callers, "101 limits; at most 100"},
	} {
		if _, err := parse([]byte(c.data), c.kind); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.90q: %v; want %s", c.data, err, c.want)
		}
	}
}

// FuzzParse holds this: whatever file comes, it is refused, or every limit lets
// through something and tells a policy that is a header.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example), false)
	f.Add([]byte("limits: [{name: a, models: ['*'], per: [address], rows: 1/d burst 9}]"), true)
	f.Fuzz(func(t *testing.T, data []byte, addresses bool) {
		kind := Callers
		if addresses {
			kind = Addresses
		}
		rules, err := parse(data, kind)
		if err != nil {
			return
		}
		for _, r := range rules {
			limited := false
			for _, a := range r.amounts {
				if a == nil {
					continue
				}
				limited = true
				if a.rate() <= 0 || a.burst < 1 || strings.ContainsAny(a.policy, "\r\n\x00") {
					t.Errorf("%s: %+v", r.name, a)
				}
			}
			if !limited {
				t.Errorf("%s limits nothing", r.name)
			}
		}
	})
}
