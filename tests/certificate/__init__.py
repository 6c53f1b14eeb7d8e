"""The certificate: what the suite has shown of each equation, as data and as a page.

evidence     what each test did, collected while pytest runs
attribution  which equations that leaves standing, and which function is to blame for the rest
contents     the certificate as data, as docs/certificate.schema.json describes it
page         the same for people
"""
