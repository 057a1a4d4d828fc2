"""Links to every view of every page, a page's name and its query, as ``test_links`` opens them. No page is
imported here: outside a server its caches would complain that there is none.
"""

from __future__ import annotations

WRITTEN = """
review leads=I-II-V2
review leads=II&layout=12x1&gain=20&speed=50
review leads=I-II-V4&layout=6x2&order=cabrera&band=off
review leads=I-II-V2&layout=single&rhythm=V3&size=true
review leads=I-II-V2&difference=on&filter=as-recorded
review leads=I-II-V2&show=recorded
review leads=I-II-V2&show=reconstructed
review leads=I-II-V2&show=beside
review leads=I-II-V2&show=vector
review leads=I-II-V2&calipers=on
review leads=I-II-V2&calipers=II_3_1200_1640_-100_850~V2_1_6000_6100_0_300
review leads=I-II-V2&present=on
review leads=I-II-V2&reference=first-5&estimate=generic
review leads=I-II&record=demo/simulated-sinus-rhythm-60-min-500-hz
review leads=I-II-V2&model=linear
review leads=I-II-V2&show=previous&record=local/ptb-xl/02041
review leads=I-II&record=local/ptb-xl/02041
find leads=I-II-V2&find=left+bundle
find leads=I-II-V2&database=all&sex=female&age=40-60&page=2
measurements leads=I-II-V2
measurements leads=I-II-V2&qtc=qtc_hodges_ms
measurements leads=I-II-V2&view=cohort
measurements leads=I-II-V2&view=cohort&inputs=I%2BII%2BV4
measurements leads=I-II-V2&view=cohort&value=qt_ms
measurements leads=I-II-V2&tolerances=IEC+60601-2-25
lead_information leads=I-II-V2
lead_information leads=I-II-V2&group=MI&target=V3
lead_information leads=I-II-V2&view=sets
lead_information leads=I-II-V2&view=paper&metric=rmse_uv
lead_information leads=I-II-V2&view=correlation
lead_information leads=I-II-V2&view=diagnosis
lead_information leads=I-II&view=lessons&law=avf
lead_information leads=I-II&view=lessons&lesson=limb&answer-limb=V6
lead_information leads=I-II&view=lessons&lesson=limb&answer-limb=V6&tested-limb=V6
lead_information leads=I-II&view=lessons&lesson=chest
lead_information leads=I-II&view=lessons&lesson=pairs
lead_information leads=I-II&view=lessons&lesson=electrodes&exchange=V2-V5
lead_information leads=I-II&view=lessons&lesson=reference
lead_information leads=I-II&view=lessons&lesson=quiz&from=demo
lead_information leads=I-II-V2&view=person
lead_information leads=I-II&view=lessons&lesson=disease
lead_information leads=I-II&view=lessons&lesson=reference&answer-reference=by+half&tested-reference=by+half
significance leads=I-II-V2
significance leads=I-II-V2&target=V3&part=QRS&map=gradient
significance leads=I-II-V2&part=Own+window&window=1-2.5&colours=Cividis
significance leads=I-II-V2&question=groups
significance leads=I-II-V2&model=gradowski-i-ii-v2&target=V5
significance leads=I-II-V2&model=gradowski-i-ii-v2&map=gradient&part=T
significance leads=I-II-V2&question=attention
significance leads=I-II-V2&question=groups&body=MI
personal_model leads=I-II-V2
personal_model record=demo/simulated-two-minutes-of-sinus-rhythm-68-min-500-hz&input=I&method=least-squares
results leads=I-II-V2
results leads=I-II-V2&view=leads
results leads=I-II-V2&view=interval
results leads=I-II-V2&view=superclasses
results leads=I-II-V2&view=pair
results leads=I-II-V2&view=worst
results leads=I-II-V2&view=qrs
results leads=I-II-V2&view=person
results leads=I-II-V2&view=published
results leads=I-II-V2&view=electrodes
results leads=I-II-V2&view=published&table=benchmark
results leads=I-II-V2&view=published&table=leads
results leads=I-II-V2&view=published&table=full-width
results leads=I-II-V2&view=published&table=full-width&network=gradowski-i-ii-v4-full
trained leads=I-II-V2&model=gradowski-i-ii-v4-full
results leads=I-II-V2&view=published&table=variants
trained leads=I-II-V2&model=linear
trained leads=I-II-V2&model=gradowski-i-ii-v2
"""
LINKS = WRITTEN.split("\n")[1:-1]
