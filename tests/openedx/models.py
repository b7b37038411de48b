"""What edx-platform keeps about people, courses and grades, as far as its LTI package asks for it."""

from django.contrib.auth import get_user_model
from django.db import models

WEIGHT = 10  # points of the LTI block in the course


class UserProfile(models.Model):
    """For `common.djangoapps.student.models.UserProfile`: the roster's view loads it with each person."""

    user = models.OneToOneField(get_user_model(), models.CASCADE, related_name="profile")
    name = models.CharField(max_length=255)


class ExternalId(models.Model):
    """For `openedx.core.djangoapps.external_user_ids`: what tools know a person by (`sub`)."""

    user = models.OneToOneField(get_user_model(), models.CASCADE)
    external_user_id = models.UUIDField(unique=True)


class Course(models.Model):
    """A course run with one LTI block in it."""

    key = models.CharField(max_length=255, unique=True)
    usage_key = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=255)
    config_id = models.UUIDField(null=True)
    names_shared = models.BooleanField(default=False)


class Enrolment(models.Model):
    """A person's role in a course: instructor, staff or student."""

    course = models.ForeignKey(Course, models.CASCADE)
    user = models.ForeignKey(get_user_model(), models.CASCADE)
    role = models.CharField(max_length=20)


class Grade(models.Model):
    """One line of the gradebook, and how often it was written."""

    course = models.ForeignKey(Course, models.CASCADE)
    user = models.ForeignKey(get_user_model(), models.CASCADE)
    points = models.FloatField()
    written = models.IntegerField(default=1)
